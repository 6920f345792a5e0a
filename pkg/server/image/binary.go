package image

import (
	"debug/elf"
	"fmt"
)

// architectures are the machines the images can be for, by Docker's names.
var architectures = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}

// sameArchitecture checks that the files are static Linux binaries for one architecture, and returns its name.
func sameArchitecture(files []string) (string, error) {
	var common string
	for _, file := range files {
		arch, err := architecture(file)
		if err != nil {
			return "", err
		}
		if common == "" {
			common = arch
		}
		if arch != common {
			return "", fmt.Errorf("binary %s is for %s, and %s for %s: an image holds one architecture", file, arch, files[0], common)
		}
	}
	return common, nil
}

func architecture(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", fmt.Errorf("binary %s is not a Linux binary (%w): build it with GOOS=linux CGO_ENABLED=0", file, err)
	}
	defer f.Close()
	arch, ok := architectures[f.Machine]
	if !ok {
		return "", fmt.Errorf("binary %s is for %s: want amd64 or arm64", file, f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "", fmt.Errorf("binary %s is not static, and the image has no libraries: build it with CGO_ENABLED=0", file)
		}
	}
	return arch, nil
}
