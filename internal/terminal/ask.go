package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/huh"
)

// ErrNoAnswer reports that a question could not be asked, because nobody is
// at a terminal, or was left unanswered.
var ErrNoAnswer = errors.New("nobody answered")

// Confirm asks a yes-or-no question and takes anything but a clear yes for a
// no. Where in is not a terminal it fails with ErrNoAnswer.
func Confirm(in *os.File, out io.Writer, question string) (bool, error) {
	if !IsTTY(in) {
		return false, ErrNoAnswer
	}
	fmt.Fprintf(out, "%s [y/N] ", question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && line == "" {
		return false, ErrNoAnswer
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// Question is one field of a form.
type Question struct {
	// Title is the question itself, Help a line below it.
	Title, Help string
	// Options, where given, are the only answers.
	Options []string
	// Value holds the default and receives the answer.
	Value *string
	// Check says what is wrong with an answer; it may be nil.
	Check func(string) error
}

// Ask asks questions on a terminal. Where in is not a terminal it fails with
// ErrNoAnswer.
func Ask(in *os.File, out io.Writer, questions ...Question) error {
	if !IsTTY(in) {
		return ErrNoAnswer
	}
	// One question at a time, each a page of its own.
	pages := make([]*huh.Group, 0, len(questions))
	for _, q := range questions {
		if len(q.Options) > 0 {
			pages = append(pages, huh.NewGroup(huh.NewSelect[string]().Title(q.Title).Description(q.Help).
				Options(huh.NewOptions(q.Options...)...).Value(q.Value)))
			continue
		}
		field := huh.NewInput().Title(q.Title).Description(q.Help).Value(q.Value)
		if q.Check != nil {
			field = field.Validate(q.Check)
		}
		pages = append(pages, huh.NewGroup(field))
	}
	err := huh.NewForm(pages...).WithInput(in).WithOutput(out).
		WithAccessible(os.Getenv("ACCESSIBLE") != "").Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return ErrNoAnswer
	}
	return err
}
