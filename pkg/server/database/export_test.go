package database

// LetGo is what happens to the container when its process is killed.
func (r *Reached) LetGo() { r.hold() }
