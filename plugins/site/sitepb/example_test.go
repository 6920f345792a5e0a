package sitepb_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
	"google.golang.org/protobuf/proto"
)

func ExampleFolder() {
	sent, err := proto.Marshal(&sitepb.Folder{Path: "dist"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var got sitepb.Folder
	fmt.Println(proto.Unmarshal(sent, &got), got.GetPath())
	// Output: <nil> dist
}
