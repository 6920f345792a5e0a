package daemon

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Message is one line of the daemon's answer to a load or a pull of an image.
type Message struct {
	Stream string `json:"stream"`
	Error  string `json:"error"`
}

// ReadAnswer reads such an answer to its end, and hands each line to each, which
// may be nil. It is also where the daemon tells of errors: the status of the answer
// was written before.
func ReadAnswer(body io.Reader, each func(Message)) error {
	dec := json.NewDecoder(bufio.NewReader(body))
	for {
		var m Message
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the daemon's answer: %w", err)
		}
		if m.Error != "" {
			return errors.New(m.Error)
		}
		if each != nil {
			each(m)
		}
	}
}
