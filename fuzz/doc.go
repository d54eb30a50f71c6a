// Package fuzz holds native fuzz targets over package pipeline, one for each of its scenarios and twins. What they find,
// and what they found, is in the folder corpus, in Go's own format.
package fuzz
