package check

import (
	"github.com/contrastlab/contrastlab/internal/lang"
)

// Follower moves the weights key towards the weights query, in place.
type Follower func(key, query []float64, momentum float64)

// EMA checks a function that moves the momentum encoder's weights, in place, a step after those of the query encoder:
//
//	keyᵢ ← m·keyᵢ + (1 − m)·queryᵢ
//
// (MoCo, He and others, 2020, equation 2), prints what it found, and returns it. It recognizes a momentum applied the wrong
// way, a query that is added at full weight, a key that does not decay, query weights that move instead of the key's, a
// plain copy, and a result that the caller never sees.
func EMA(f func(key, query []float64, momentum float64)) Report { return emaSpec().judge(f).publish() }

const (
	emaWrongWay slips = 1 << iota
	emaFullQuery
	emaNoDecay
	emaQueryMoves
	emaCopies
)

func emaSpec() spec[Follower] {
	return spec[Follower]{
		name:     "EMA",
		exercise: "08-moco",
		with:     emaWith,
		answers: func(f Follower) []float64 {
			var a []float64
			for _, m := range []float64{0.9, 0.2} {
				key, query := []float64{1, -2, 0.5}, []float64{3, 1, -4}
				f(key, query, m)
				a = append(append(a, key...), query...)
			}
			return a
		},
		unwritten: func(_, _ []float64, _ float64) {},
		unseen: lang.Text{
			En: "If you did write it: nothing that your function does reaches the caller. Assigning to the name key changes your copy of the slice; change its elements, key[i] = ….",
			Zh: "如果你已经写了：调用者什么变化也看不到。给 key 这个名字赋值，改的只是你手里那份切片；要改它的元素，key[i] = …。"},
		rows: []row[Follower]{
			{lang.Text{En: "the weights after a step, 20 times", Zh: "走一步之后的权重，20 次"}, func(f Follower) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					w := rows(rng, 2, 1+rng.IntN(6))
					m := rng.Float64()
					want := make([]float64, len(w[0]))
					for i := range want {
						want[i] = m*w[0][i] + (1-m)*w[1][i]
					}
					f(w[0], w[1], m)
					l.compareAll(lang.Text{En: "m = %.2f: key", Zh: "m = %.2f：key"}.Sprintf(m), [][]float64{want}, w[:1])
				}
				return l.result()
			}},
			{lang.Text{En: "m = 1: the key encoder stays", Zh: "m = 1：键的编码器不动"}, func(f Follower) (string, bool) {
				key := []float64{1, -2}
				f(key, []float64{5, 5}, 1)
				if detail, ok := differs(1, key[0]); !ok {
					return detail, false
				}
				return differs(-2, key[1])
			}},
			{lang.Text{En: "m = 0: a copy of the query encoder", Zh: "m = 0：与查询编码器相同"}, func(f Follower) (string, bool) {
				key := []float64{1, -2}
				f(key, []float64{5, 7}, 0)
				if detail, ok := differs(5, key[0]); !ok {
					return detail, false
				}
				return differs(7, key[1])
			}},
			{lang.Text{En: "200 steps at m = 0.99: 13 % of the start is left", Zh: "m = 0.99 走 200 步：初值还剩 13%"}, func(f Follower) (string, bool) {
				key, query, want := []float64{1}, []float64{0}, 1.0
				for range 200 {
					f(key, query, 0.99)
					want *= 0.99
				}
				return differs(want, key[0])
			}},
			{lang.Text{En: "the query encoder stays as it is", Zh: "不改动查询编码器"}, func(f Follower) (string, bool) {
				w := rows(random(2), 2, 5)
				before := clone(w)
				f(w[0], w[1], 0.7)
				return unchanged([]string{"query"}, [][][]float64{before[1:]}, [][][]float64{w[1:]})
			}},
		},
		slips: []slip{
			{"wrong-way", lang.Text{
				En: "The momentum is applied the wrong way round: m is the share of the key that stays, 1 − m that of the query. With m = 0.99 your momentum encoder is all but a copy, and its keys are as unsteady as the encoder.",
				Zh: "动量用反了：m 是键自己保留的份额，1 − m 才是查询的份额。m = 0.99 时，你的动量编码器几乎就是一份拷贝，键和编码器一样不稳。"}, "08-moco#intuition"},
			{"full-query", lang.Text{
				En: "The query is added at full weight, m·key + query, as SGD's momentum does with gradients. Weights are to be averaged: the shares m and 1 − m add up to 1, or the weights grow to 1/(1 − m) times their size.",
				Zh: "查询被整个加了进去，m·key + query，那是 SGD 的动量对梯度的做法。权重要取平均：份额 m 与 1 − m 之和为 1，否则权重会涨到原来的 1/(1 − m) 倍。"}, "08-moco#derivation"},
			{"no-decay", lang.Text{
				En: "The share of the query is added, but the key itself is not multiplied by m. The two shares must add up to 1, or the weights grow with every step.",
				Zh: "加上了查询的份额，但键自己没有乘 m。两个份额之和必须为 1，否则权重每一步都在涨。"}, "08-moco#derivation"},
			{"query-moves", lang.Text{
				En: "You move the query's weights towards the key's. The query encoder learns by its gradient alone; the key encoder follows it.",
				Zh: "你让查询的权重去靠近键的权重。查询编码器只按梯度学习；是键的编码器跟着它走。"}, "08-moco#intuition"},
			{"copy", lang.Text{
				En: "The query's weights are copied, whatever m is. That is MoCo at m = 0, which fails in the paper: keys of different steps are not comparable.",
				Zh: "不论 m 是多少，都把查询的权重照抄过来。那等于 m = 0 的 MoCo，论文里它是失败的：不同步做出的键无法比较。"}, "08-moco#choosing"},
		},
	}
}

// emaWith is EMA with mistakes in it.
func emaWith(s slips) Follower {
	return func(key, query []float64, momentum float64) {
		if s.has(emaQueryMoves) {
			key, query = query, key
		}
		stays, comes := momentum, 1-momentum
		if s.has(emaWrongWay) {
			stays, comes = comes, stays
		}
		if s.has(emaFullQuery) {
			comes = 1
		}
		if s.has(emaNoDecay) {
			stays = 1
		}
		if s.has(emaCopies) {
			stays, comes = 0, 1
		}
		for i := range key {
			key[i] = stays*key[i] + comes*query[i]
		}
	}
}

// Enqueuer puts keys, of shape [B][width], into the queue and returns it.
type Enqueuer func(queue, keys [][]float64, capacity int) [][]float64

// Enqueue checks a function that puts a batch of keys into MoCo's queue and returns it: oldest key first, newest last, never
// more than capacity, the oldest leaving first (He and others, 2020, section 3.2). The keys are copied, since the batch's
// memory is used again at the next step. It prints what it found, and returns it. It recognizes a queue that grows without
// end, the newest dequeued instead of the oldest, new keys that find no place, new keys in front, a batch turned round, a
// queue that is emptied when it is full, and rows shared with the batch.
func Enqueue(f func(queue, keys [][]float64, capacity int) [][]float64) Report {
	return enqueueSpec().judge(f).publish()
}

const (
	queueGrows slips = 1 << iota
	queueNewestLeave
	queueFullRefuses
	queueNewInFront
	queueBatchReversed
	queueEmptied
	queueShared
)

// enqueued are the states of a queue after each of some batches of keys, all of them written into the same memory.
func enqueued(f Enqueuer, capacity int, sizes ...int) (states [][][]float64) {
	var queue [][]float64
	memory, made := make([][]float64, 16), 0.0
	for i := range memory {
		memory[i] = make([]float64, 2)
	}
	for _, size := range sizes {
		for i := range size {
			made++
			memory[i][0], memory[i][1] = made, -made
		}
		queue = f(queue, memory[:size], capacity)
		states = append(states, clone(queue))
	}
	return states
}

func enqueueSpec() spec[Enqueuer] {
	compared := func(f Enqueuer, capacity int, sizes ...int) (string, bool) {
		var l largest
		want := enqueued(enqueueWith(0), capacity, sizes...)
		for step, got := range enqueued(f, capacity, sizes...) {
			l.compareAll(lang.Text{En: "after batch %d: queue", Zh: "第 %d 批之后：queue"}.Sprintf(step+1), want[step], got)
		}
		return l.result()
	}
	return spec[Enqueuer]{
		name:     "Enqueue",
		exercise: "08-moco",
		with:     enqueueWith,
		answers: func(f Enqueuer) (a []float64) {
			for _, sizes := range [][]int{{2, 2, 2, 2, 2}, {3, 2, 3, 1}} {
				for _, state := range enqueued(f, 6, sizes...) {
					a = append(append(a, float64(len(state))), flat(state)...)
				}
			}
			return a
		},
		unwritten: func(_, _ [][]float64, _ int) [][]float64 { return nil },
		rows: []row[Enqueuer]{
			{lang.Text{En: "while there is room, keys line up", Zh: "有空位时，键依次排队"}, func(f Enqueuer) (string, bool) {
				return compared(f, 8, 1, 3, 4)
			}},
			{lang.Text{En: "when it is full, the oldest leave", Zh: "满了以后，最旧的出队"}, func(f Enqueuer) (string, bool) {
				return compared(f, 8, 4, 4, 4, 4, 4)
			}},
			{lang.Text{En: "a capacity that is no multiple of the batch", Zh: "容量不是批大小的整数倍"}, func(f Enqueuer) (string, bool) {
				return compared(f, 7, 3, 3, 3, 2, 3)
			}},
			{lang.Text{En: "a batch larger than the queue: its last keys stay", Zh: "批比队列还大：留下最后几个键"}, func(f Enqueuer) (string, bool) {
				return compared(f, 4, 3, 6, 1)
			}},
			{lang.Text{En: "a batch of none changes nothing", Zh: "空的批不改变什么"}, func(f Enqueuer) (string, bool) {
				return compared(f, 4, 3, 0, 0, 3)
			}},
			{lang.Text{En: "the keys are copies: the batch's memory may be used again", Zh: "键是拷贝：批的内存可以再用"}, func(f Enqueuer) (string, bool) {
				batch := [][]float64{{1, 2}, {3, 4}}
				queue := f(nil, batch, 4)
				before := clone(queue)
				batch[0][0], batch[1][1] = 9, 9
				if len(queue) != 2 {
					return lang.Text{En: "want 2 keys, got %d", Zh: "应有 2 个键，得到 %d 个"}.Sprintf(len(queue)), false
				}
				return unchanged([]string{"queue"}, [][][]float64{before}, [][][]float64{queue})
			}},
			{lang.Text{En: "the batch stays as it is", Zh: "不改动这一批"}, func(f Enqueuer) (string, bool) {
				batch := rows(random(3), 3, 2)
				before := clone(batch)
				queue := rows(random(4), 4, 2)
				f(queue, batch, 5)
				return unchanged([]string{"keys"}, [][][]float64{before}, [][][]float64{batch})
			}},
		},
		slips: []slip{
			{"grows", lang.Text{
				En: "The queue grows beyond its capacity. Once it is full, as many of the oldest keys must leave as new ones come; they were made by an encoder long gone.",
				Zh: "队列超出了容量。满了以后，来多少新键，就要有多少最旧的键出队；它们是早已不在的编码器做出来的。"}, "08-moco#intuition"},
			{"newest-dequeued", lang.Text{
				En: "To make room you drop the newest of the old keys. The oldest must leave: first in, first out. As it is, the keys of the first steps stay forever.",
				Zh: "为了腾出位置，你丢掉的是旧键中最新的。应当让最旧的出队：先进先出。像现在这样，头几步的键会永远留着。"}, "08-moco#intuition"},
			{"full-refuses", lang.Text{
				En: "When the queue is full, new keys find no place and are dropped. It is the new ones that are wanted: cut the front off, not the end.",
				Zh: "队列满了以后，新键没有位置，被丢掉了。要的正是新键：应当切掉开头，而不是结尾。"}, "08-moco#intuition"},
			{"new-in-front", lang.Text{
				En: "New keys are put in front. Here the oldest stands first and the newest last, so new keys go to the end.",
				Zh: "新键被放到了最前面。这里最旧的在前，最新的在后，新键要接在末尾。"}, "08-moco#intuition"},
			{"batch-reversed", lang.Text{
				En: "The keys of a batch enter in reverse order. Keep the order of the batch: its row 0 first.",
				Zh: "一批里的键是倒着入队的。要保持批内的次序：第 0 行先入队。"}, "08-moco#intuition"},
			{"emptied", lang.Text{
				En: "When there is no room, the whole queue is emptied. Only as many keys leave as come; otherwise the number of negatives, and with it the ceiling of the loss, goes up and down.",
				Zh: "放不下时，你把整个队列清空了。来几个键才出队几个；否则负样本的数目忽多忽少，损失的上限也跟着上下跳。"}, "08-moco#derivation"},
			{"shared-rows", lang.Text{
				En: "The queue holds the batch's own rows. Their memory is written again at the next step, and then all of the queue says the same: copy each row.",
				Zh: "队列里放的是这一批自己的行。下一步这块内存会被重写，整个队列就都成了同样的内容：每一行都要拷贝。"}, "08-moco#intuition"},
		},
	}
}

// enqueueWith is Enqueue with mistakes in it.
func enqueueWith(s slips) Enqueuer {
	return func(queue, keys [][]float64, capacity int) [][]float64 {
		var added [][]float64
		for i := range keys {
			from := keys[i]
			if s.has(queueBatchReversed) {
				from = keys[len(keys)-1-i]
			}
			if !s.has(queueShared) {
				from = append([]float64(nil), from...)
			}
			added = append(added, from)
		}
		over := len(queue) + len(added) - capacity
		if over > 0 && s.has(queueEmptied) {
			queue, over = nil, len(added)-capacity
		}
		if over > 0 && s.has(queueNewestLeave) {
			leave := min(over, len(queue))
			queue, over = queue[:len(queue)-leave], over-leave
		}
		var joined [][]float64
		if s.has(queueNewInFront) {
			joined = append(append(joined, added...), queue...)
		} else {
			joined = append(append(joined, queue...), added...)
		}
		switch {
		case over <= 0 || s.has(queueGrows):
			return joined
		case s.has(queueFullRefuses) || s.has(queueNewInFront):
			return joined[:capacity]
		default:
			return joined[over:]
		}
	}
}
