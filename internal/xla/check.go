package xla

import (
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

var elfMachines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
var machoCPUs = map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}

// CheckPlugin says whether a file can be loaded as a plugin by a program of an operating system and architecture (as
// in GOOS and GOARCH): it exists, is a complete shared library, and is made for that machine. Loading a file that is
// cut short can kill the process, so this runs before dlopen. The error names the file and what is wrong with it.
func CheckPlugin(file, goos, goarch string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("plugin %s does not exist", file)
	case err != nil:
		return fmt.Errorf("plugin: %w", err)
	case info.IsDir():
		return fmt.Errorf("plugin %s is a folder, not a library: name the .so file in it", file)
	case !info.Mode().IsRegular():
		return fmt.Errorf("plugin %s is not a regular file", file)
	case info.Size() == 0:
		return fmt.Errorf("plugin %s is empty: delete it and run `make setup` again", file)
	}
	if goos == "darwin" {
		return checkMachO(file, goarch)
	}
	return checkELF(file, goarch, uint64(info.Size()))
}

func checkELF(file, goarch string, size uint64) error {
	f, err := elf.Open(file)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("plugin: %w", err)
		}
		if startsWith(file, elf.ELFMAG) {
			return fmt.Errorf("plugin %s is damaged or cut short (%v): delete it and run `make setup` again", file, err)
		}
		return fmt.Errorf("plugin %s is not a Linux shared library (no ELF header)", file)
	}
	defer func() { _ = f.Close() }()
	if want, known := elfMachines[goarch]; known && f.Machine != want {
		return fmt.Errorf("plugin %s is made for %v, this program for %v (%s)", file, f.Machine, want, goarch)
	}
	if f.Type != elf.ET_DYN {
		return fmt.Errorf("plugin %s is an ELF file of type %v, not a shared library", file, f.Type)
	}
	for _, p := range f.Progs {
		if end := p.Off + p.Filesz; end < p.Off || end > size {
			return fmt.Errorf("plugin %s is cut short: %d bytes, its header promises %d; delete it and run `make setup` again", file, size, end)
		}
	}
	return nil
}

func checkMachO(file, goarch string) error {
	want, known := machoCPUs[goarch]
	if fat, err := macho.OpenFat(file); err == nil {
		defer func() { _ = fat.Close() }()
		for _, arch := range fat.Arches {
			if !known || arch.Cpu == want {
				return nil
			}
		}
		return fmt.Errorf("plugin %s holds no code for %s", file, goarch)
	}
	f, err := macho.Open(file)
	if err != nil {
		return fmt.Errorf("plugin %s is not a macOS library: %v", file, err)
	}
	defer func() { _ = f.Close() }()
	if known && f.Cpu != want {
		return fmt.Errorf("plugin %s is made for %v, this program for %v", file, f.Cpu, want)
	}
	if f.Type != macho.TypeDylib && f.Type != macho.TypeBundle {
		return fmt.Errorf("plugin %s is a Mach-O file of type %v, not a library", file, f.Type)
	}
	return nil
}

func startsWith(file, magic string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(magic))
	n, _ := f.Read(head)
	return string(head[:n]) == magic
}
