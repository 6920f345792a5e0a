package policy

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// databaseTypes are the resources that hold a database's data.
var databaseTypes = map[string]bool{
	"aws:rds/instance:Instance":                 true,
	"aws:rds/cluster:Cluster":                   true,
	"aws:dynamodb/table:Table":                  true,
	"gcp:sql/databaseInstance:DatabaseInstance": true,
	"gcp:sql/database:Database":                 true,
}

// holdsData tells whether a resource's end is the end of a database's data.
func holdsData(s infra.Step) bool {
	if s.Type == "pilot:docker:Volume" {
		return get(s.Inputs, "labels", "io.pilot.role") == "db"
	}
	return databaseTypes[s.Type]
}

// missingBackup wants backups of the databases of a protected stack.
type missingBackup struct{}

func (missingBackup) Name() string { return "missing-backup" }

func (missingBackup) About() string {
	return "Databases of a protected stack are backed up, and leave a last snapshot behind."
}

func (missingBackup) Check(in Input) []Violation {
	if !in.Protected {
		return nil
	}
	var out []Violation
	for _, s := range in.Kept() {
		for _, f := range unsaved(s) {
			out = append(out, Violation{URN: s.URN, Message: f.message, Fix: f.fix})
		}
	}
	return out
}

func unsaved(s infra.Step) []finding {
	var out []finding
	in := s.Inputs
	switch s.Type {
	case "aws:rds/instance:Instance", "aws:rds/cluster:Cluster":
		if in["replicateSourceDb"] != nil {
			return nil // a replica is saved where its source is
		}
		days, set := number(in["backupRetentionPeriod"])
		if s.Type == "aws:rds/cluster:Cluster" && in["backupRetentionPeriod"] == nil {
			days, set = 1, true // a cluster's default
		}
		if (!set || days < 1) && !hidden(in["backupRetentionPeriod"]) {
			out = append(out, finding{"the database has no automatic backups", "set backupRetentionPeriod to the number of days to keep them, such as 7"})
		}
		if yes(in["skipFinalSnapshot"]) {
			out = append(out, finding{"the database leaves no last snapshot when it is deleted", "set skipFinalSnapshot to false and name a finalSnapshotIdentifier"})
		}
	case "gcp:sql/databaseInstance:DatabaseInstance":
		v := get(in, "settings", "backupConfiguration", "enabled")
		if in["masterInstanceName"] == nil && !yes(v) && !hidden(v) {
			out = append(out, finding{"the database has no automatic backups", "set settings.backupConfiguration.enabled to true"})
		}
	}
	return out
}

// databaseLoss wants no database deleted or replaced in passing.
type databaseLoss struct{}

func (databaseLoss) Name() string { return "database-loss" }

func (databaseLoss) About() string { return "No change deletes or replaces a database." }

func (databaseLoss) Check(in Input) []Violation {
	var out []Violation
	for _, s := range in.Diff.Steps {
		if !holdsData(s) || (s.Op != infra.OpDelete && s.Op != infra.OpReplace) {
			continue
		}
		v := Violation{URN: s.URN, Message: "the database is deleted, and its data with it",
			Fix: "keep it in the program, or save its data and waive this rule"}
		if s.Op == infra.OpReplace {
			v.Message = fmt.Sprintf("the database is replaced by an empty one because of %v", s.ReplaceReasons)
			v.Fix = "take that change back, or save the data and waive this rule"
		}
		out = append(out, v)
	}
	return out
}
