package cloudsim

// tx is one transaction on a store.
type tx struct {
	store *store
	lines []line
	undos []func()
}

func (t *tx) undo() {
	for i := len(t.undos) - 1; i >= 0; i-- {
		t.undos[i]()
	}
}

func (t *tx) put(o *Object) {
	key := o.key()
	before, had := t.store.objects[key]
	t.undos = append(t.undos, func() {
		if had {
			t.store.objects[key] = before
		} else {
			delete(t.store.objects, key)
		}
	})
	t.store.objects[key] = o
	t.lines = append(t.lines, line{Put: o})
}

func (t *tx) drop(o *Object) {
	key := o.key()
	before, had := t.store.objects[key]
	if !had {
		return
	}
	t.undos = append(t.undos, func() { t.store.objects[key] = before })
	delete(t.store.objects, key)
	t.lines = append(t.lines, line{Drop: key})
}

// serial returns how many things a URN has made; bump counts one more.
func (t *tx) serial(urn string) int { return t.store.serials[urn] }

func (t *tx) bump(urn string) {
	before := t.store.serials[urn]
	t.undos = append(t.undos, func() { t.store.serials[urn] = before })
	t.store.serials[urn] = before + 1
	t.lines = append(t.lines, line{Serial: urn, N: before + 1})
}
