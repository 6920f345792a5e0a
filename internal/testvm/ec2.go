package testvm

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
)

// EC2 serves what is asked of EC2 outside a program: the machine's console.
func (m *Machine) EC2() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if action := r.FormValue("Action"); action != "GetConsoleOutput" {
			http.Error(w, action+" is not served here", http.StatusBadRequest)
			return
		}
		type output struct {
			XMLName  xml.Name `xml:"GetConsoleOutputResponse"`
			Instance string   `xml:"instanceId"`
			Output   string   `xml:"output"`
		}
		_ = xml.NewEncoder(w).Encode(output{
			Instance: r.FormValue("InstanceId"), Output: base64.StdEncoding.EncodeToString([]byte(m.Console())),
		})
	})
}
