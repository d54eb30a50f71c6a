module github.com/jostle-dev/jostle/harness

go 1.18
