// Command tool is what the gateway's tests run in a container.
package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	switch os.Args[1] {
	case "count": // the size of the input
		n, err := io.Copy(io.Discard, os.Stdin)
		fmt.Println(n, err)
	case "tick": // a line now and then, until killed
		for i := 0; ; i++ {
			fmt.Println("tick", i)
			time.Sleep(20 * time.Millisecond)
		}
	case "say":
		fmt.Println(os.Args[2])
	}
}
