// Command probe is the program in the containers of the tests.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
)

const greeting = "/etc/pilot/greeting"

func main() {
	switch os.Args[1] {
	case "serve": // serve [sick]
		var sick atomic.Bool
		sick.Store(len(os.Args) > 2)
		http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			text, err := os.ReadFile(greeting)
			if err != nil {
				text = []byte(err.Error())
			}
			_, _ = w.Write(text)
		})
		http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
			if sick.Load() {
				http.Error(w, "sick", http.StatusInternalServerError)
			}
		})
		http.HandleFunc("/fall-sick", func(http.ResponseWriter, *http.Request) { sick.Store(true) })
		// Process 1 gets no signal that it doesn't ask for.
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		go func() { <-term; os.Exit(0) }()
		fmt.Println("serving")
		fmt.Println(http.ListenAndServe(":8080", nil))
	case "health":
		resp, err := http.Get("http://127.0.0.1:8080/health")
		if err != nil || resp.StatusCode != http.StatusOK {
			fmt.Println("not well:", err)
			os.Exit(1)
		}
	case "fail": // fail TEXT CODE
		secret, _ := os.ReadFile(greeting)
		fmt.Fprintln(os.Stderr, os.Args[2], string(secret))
		code, _ := strconv.Atoi(os.Args[3])
		os.Exit(code)
	}
}
