package report

// cancelled says which context the schedule cancelled, and who could have done it.
func (t *text) cancelled() {
	c := t.v.Cancelled
	if c == nil {
		return
	}
	which := "the context of the test"
	if c.Site != nil {
		which = "the context that " + t.name(c.Task) + " made at " + t.at(c.Site)
	}
	t.para("  ", "%s was cancelled in step %d, as its owner may do at any time.", upper(which), c.Step)
}
