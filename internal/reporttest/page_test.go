package reporttest

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/report"
)

// A browser is a Chromium with the page in it.
type browser struct {
	*testing.T
	ctx context.Context
	url string

	mu         sync.Mutex
	complaints []string // of the page, and requests that leave the file
	requests   int
}

// newBrowser starts a browser. Without one the test is skipped: ci/run installs it where it can.
func newBrowser(t *testing.T, file string) *browser {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium to look at the page with: install one (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &browser{T: t, ctx: ctx, url: (&url.URL{Scheme: "file", Path: file}).String()}
	require.NoError(t, chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			b.complain("exception: " + ev.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			b.complain(fmt.Sprintf("console: %s", ev.Args[0].Value))
		case *cdplog.EventEntryAdded:
			b.complain("log: " + ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			b.mu.Lock()
			b.requests++
			b.mu.Unlock()
			if !strings.HasPrefix(ev.Request.URL, "file:") && !strings.HasPrefix(ev.Request.URL, "data:") && ev.Request.URL != "about:blank" {
				b.complain("request: " + ev.Request.URL)
			}
		}
	}))
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	return b
}

// call runs a command of the protocol.
func call[P, R any](b *browser, c cdp.Command[P, R], params P) R {
	b.Helper()
	r, err := chromedp.Call(b.ctx, c, params)
	require.NoError(b, err)
	return r
}

func (b *browser) complain(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, what)
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, actions...))
}

// open shows a finding in a window of the given size.
func (b *browser) open(f *report.Finding, width, height int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height), chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+"#"+url.QueryEscape(f.File)), chromedp.WaitVisible(chromedp.ID("headline")))
	b.settle()
}

// settle waits until what was to be drawn is drawn.
func (b *browser) settle() {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))).then(() => true)`, chromedp.EvalAwaitPromise))
}

// get evaluates an expression in the page.
func get[V any](b *browser, expression string) V {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[V](expression))
	require.NoError(b, err)
	return v
}

func (b *browser) count(selector string) int {
	b.Helper()
	return get[int](b, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

func (b *browser) text(selector string) string {
	b.Helper()
	return get[string](b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// key types a key, or text, into what has the focus.
func (b *browser) key(keys string) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys))
	b.settle()
}

// with runs one part of the test, whose failures are its own.
func (b *browser) with(name string, f func(b *browser)) {
	b.Run(name, func(t *testing.T) {
		outer := b.T
		b.T = t
		defer func() { b.T = outer }()
		f(b)
	})
}

func reportPage(t *testing.T, file string, d report.Document) {
	b := newBrowser(t, file)
	transfer, feed, signal := findingOf(t, d, "TestTransfer"), findingOf(t, d, "TestFeed"), findingOf(t, d, "TestSignal")
	workers, crowd := findingOf(t, d, "TestWorkers"), findingOf(t, d, "TestCrowd")

	b.with("the picture of a circle", func(b *browser) {
		b.open(transfer, 1280, 800)
		assert.Equal(b, transfer.Headline, b.text("#headline"))
		assert.Equal(b, 2, b.count(".node.g"), "goroutines")
		assert.Equal(b, 2, b.count(".node.o"), "locks")
		assert.Equal(b, 4, b.count(".edge.cycle-edge"), "arrows")
		for i, id := range transfer.Knot {
			node := b.text(fmt.Sprintf(".node.g[data-g=%q]", fmt.Sprint(id)))
			assert.Contains(b, node, fmt.Sprintf("g%d TestTransfer.func", id))
			assert.Contains(b, node, "from.mu")
			assert.Contains(b, node, "since bank.go:14")
			assert.Contains(b, node, "at bank.go:16")
			assert.Contains(b, node, "to.mu.Lock()")
			// Of two neighbours on the circle, an arrow begins at the one and ends at the other.
			assert.Equal(b, "rgb(184, 28, 44)", get[string](b, fmt.Sprintf("getComputedStyle(document.querySelectorAll('.edge')[%d]).stroke", i)), "red")
		}
		// No arrow misses what it points at, and no two nodes lie upon each other.
		assert.True(b, get[bool](b, `[...document.querySelectorAll('.node')].every((a, i, all) => all.slice(i + 1).every(b => {
			const r = a.getBoundingClientRect(), s = b.getBoundingClientRect();
			return r.right <= s.left || s.right <= r.left || r.bottom <= s.top || s.bottom <= r.top;
		}))`))
		assert.Contains(b, get[string](b, "document.querySelector('.graph').getAttribute('aria-label')"), "holds from.mu", "the picture in words")
		assert.Contains(b, b.text("section.change"), transfer.Advice)
		assert.Contains(b, b.text(".codes"), "defer from.mu.Unlock()")
		assert.Equal(b, 2, b.count(".lock-edge.cycle"), "the order of locks")
	})

	b.with("the picture of who is left", func(b *browser) {
		b.open(workers, 1280, 800)
		assert.Equal(b, 1, b.count(".node.none"))
		assert.Contains(b, b.text(".node.none"), "Nobody is left to send on jobs or close it")
		assert.Contains(b, b.text(".node.g"), "and 199 more like it")
		b.open(signal, 1280, 800)
		assert.Regexp(b, `signal by g3 TestSignal\.func1 at bank_test\.go:32, step \d+: it met nobody`, b.text(".node.none"))
	})

	b.with("the time line", func(b *browser) {
		b.open(transfer, 1280, 800)
		assert.Equal(b, 3, b.count(".lane"), "those of the circle, and the one that waits for them")
		assert.Equal(b, 3, b.count(".time .block"), "all are stuck")
		assert.Equal(b, 2, b.count(".time .hold"))
		assert.Positive(b, b.count(".time path.forced"), "preemptions")
		assert.Equal(b, 1, b.count(".time .part"), "where the passing run differs")
		assert.Equal(b, 1, b.count("tr.parting"))

		b.open(feed, 1280, 800)
		waits := 0
		for _, s := range feed.Trace {
			if s.Until > 0 {
				waits++
			}
		}
		assert.Equal(b, waits, b.count(".time .arrow"), "an arrow for each wait that was ended")

		// A click on a step shows what it is, with its line of the source.
		first := feed.Trace[0]
		b.do(chromedp.ScrollIntoView(chromedp.CSS(".time")))
		pos := get[[]float64](b, fmt.Sprintf("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('.time [data-step=\"%d\"]').getBoundingClientRect())", first.N))
		b.do(chromedp.MouseClickXY(pos[0], pos[1]))
		b.settle()
		assert.Contains(b, b.text(".step"), fmt.Sprintf("step %d", first.N))
		assert.Contains(b, b.text(".step .cur"), "go func() {")
	})

	b.with("filters", func(b *browser) {
		b.open(transfer, 1280, 800)
		all := len(d.Findings)
		assert.Equal(b, all, b.count("#list button"))
		choose := func(id, value string) {
			b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("(s => { s.value = %q; s.dispatchEvent(new Event('change')); s.dispatchEvent(new Event('input')) })(document.getElementById(%q))", value, id)))
		}
		choose("by-verdict", "deadlock")
		assert.Equal(b, 3, b.count("#list button"))
		choose("by-rule", "2")
		assert.Equal(b, 2, b.count("#list button"))
		choose("by-package", "example.com/reported/pool")
		assert.Contains(b, b.text("#list"), "TestCrowd")
		assert.Contains(b, b.text("#finding"), "TestCrowd", "what is shown is what is left")
		assert.Equal(b, fmt.Sprintf("1 of %d findings", all), b.text("#shown"))
		for _, id := range []string{"by-verdict", "by-rule", "by-package"} {
			choose(id, "")
		}
		b.do(chromedp.SendKeys(chromedp.CSS("#by-text"), "bank.go published"))
		assert.Equal(b, 1, b.count("#list button"))
		b.do(chromedp.SendKeys(chromedp.CSS("#by-text"), " zebra"))
		assert.Equal(b, "No finding matches the filters.", b.text("#finding"))
	})

	b.with("keyboard", func(b *browser) {
		b.open(d.Findings[0], 1280, 800)
		focused := func() string {
			return get[string](b, "(e => e.id || e.className || e.innerText)(document.activeElement)")
		}
		b.do(chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"))
		var order []string
		for range 5 {
			b.key(kb.Tab)
			order = append(order, focused())
		}
		assert.Equal(b, []string{"skip", "by-verdict", "by-rule", "by-package", "by-text"}, order)
		assert.NotEqual(b, "none", get[string](b, "getComputedStyle(document.activeElement).outlineStyle"), "the focus is seen")

		b.do(chromedp.Focus(chromedp.CSS("#list li:nth-child(5) button")))
		b.key(kb.Enter)
		assert.Equal(b, transfer.Headline, b.text("#headline"))
		assert.Equal(b, "true", get[string](b, "document.activeElement.getAttribute('aria-current')"), "the focus stays in the list")

		b.do(chromedp.Focus(chromedp.CSS(".time")))
		said := func() string { return get[string](b, "document.querySelector('main [role=status]').textContent") }
		shown := get[[]int](b, "[...document.querySelectorAll('.time [data-step]')].map(e => +e.dataset.step)")
		b.key(kb.Home)
		assert.Contains(b, said(), fmt.Sprintf("step %d: g2 TestTransfer, go wg at bank/bank_test.go:1", shown[0]))
		b.key(kb.ArrowRight)
		assert.Contains(b, said(), fmt.Sprintf("step %d: ", shown[1]))
		b.key(kb.ArrowLeft)
		assert.Contains(b, said(), fmt.Sprintf("step %d: ", shown[0]))
		b.key(kb.ArrowUp)
		assert.NotContains(b, said(), "g2 TestTransfer,", "up leads to another goroutine")
		b.key(kb.End)
		assert.Contains(b, said(), "stuck for ever")
		wide := get[float64](b, "document.querySelector('.space').clientWidth")
		b.key("+")
		b.key("+")
		assert.Greater(b, get[float64](b, "document.querySelector('.space').clientWidth"), wide)
		b.key("0")
		assert.Equal(b, wide, get[float64](b, "document.querySelector('.space').clientWidth"))
		b.key(kb.Enter)
		assert.Contains(b, focused(), "code", "Enter leads to the source")
	})

	b.with("5,000 steps of 200 goroutines", func(b *browser) {
		require.GreaterOrEqual(b, len(crowd.Trace), 5000)
		require.GreaterOrEqual(b, len(crowd.Goroutines), 200)
		b.open(crowd, 1280, 800)
		assert.LessOrEqual(b, b.count(".lane"), 4, "only those that matter")
		b.do(chromedp.Click(chromedp.Search("//button[contains(., 'show all 20')]")))
		b.settle()
		most := b.count(".time svg *")
		assert.Less(b, b.count(".lane"), 30, "those in sight")
		draws := func() int { return get[int](b, "+document.querySelector('.time svg').dataset.draws") }

		// However often it is scrolled and zoomed between two frames, it is drawn once.
		before := draws()
		b.do(chromedp.Evaluate[chromedp.Void](`(t => { for (let i = 0; i < 200; i++) { t.scrollLeft = i * 40; t.scrollTop = i * 20; t.dispatchEvent(new Event('scroll')); } })(document.querySelector('.time'))`))
		b.settle()
		assert.LessOrEqual(b, draws()-before, 3)
		b.do(chromedp.Focus(chromedp.CSS(".time")))
		for _, keys := range []string{"-", "--", "++", "+++", "++++", "+++++"} {
			b.key(keys)
			most = max(most, b.count(".time svg *"))
		}
		assert.Less(b, most, 1500, "elements, at every scale")
		b.key(kb.Home)
		assert.Contains(b, b.text(".step"), "step 1 g2 TestCrowd")
	})

	b.with("widths", func(b *browser) {
		for _, f := range d.Findings {
			for _, width := range []int64{1280, 390, 320} {
				b.open(f, width, 800)
				assert.LessOrEqual(b, get[int64](b, "document.documentElement.scrollWidth"), width, "%s at %d pixels scrolls sideways", f.Test, width)
			}
		}
	})

	b.with("light, dark and contrast", func(b *browser) {
		var seen []string
		for _, scheme := range []string{"light", "dark"} {
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			for _, f := range []*report.Finding{transfer, workers, findingOf(t, d, "TestClosed"), findingOf(t, d, "TestExits")} {
				b.open(f, 1280, 800)
				assert.Empty(b, get[[]string](b, lowContrast), "%s, %s", f.Test, scheme)
			}
			seen = append(seen, get[string](b, "getComputedStyle(document.body).backgroundColor"))
		}
		assert.NotEqual(b, seen[0], seen[1])
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	})

	b.with("names for those who listen", func(b *browser) {
		b.open(transfer, 1280, 800)
		nodes := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
		roles := map[string]int{}
		for _, n := range nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role := strings.Trim(string(n.Role.Value), `"`)
			roles[role]++
			switch role {
			case "button", "combobox", "searchbox", "application", "region", "navigation", "search":
				assert.NotNil(b, n.Name)
				assert.NotEqual(b, `""`, string(n.Name.Value), "%s without a name", role)
			}
		}
		assert.Equal(b, 1, roles["main"])
		assert.Equal(b, 1, roles["navigation"])
		assert.Equal(b, 1, roles["application"], "the time line")
		assert.Equal(b, 4, b.count(".nodes > li"), "the picture is a list")
		b.do(chromedp.Click(chromedp.Search("//summary[contains(., 'The same as a table')]")))
		assert.Equal(b, b.count(".time [data-step]"), b.count("details[open] tbody tr"), "the time line as a table")
	})

	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Positive(t, b.requests, "the file itself is one")
	assert.Empty(t, b.complaints)
}

// lowContrast returns texts of the page that stand out from what is behind them by less than 4.5 to 1.
const lowContrast = `(() => {
	const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((a, v, i) => a + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = parse(getComputedStyle(e).backgroundColor);
			if (c.length === 3 || c[3] === 1) return c;
		}
		return [255, 255, 255];
	};
	const bad = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || !e.checkVisibility() || ['SCRIPT', 'OPTION'].includes(e.tagName)) continue;
		const picture = e.namespaceURI.endsWith('svg');
		const [a, b] = [light(parse(getComputedStyle(e)[picture ? 'fill' : 'color'])), light(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(ratio.toFixed(2) + ' ' + n.data.trim().slice(0, 40) + ' in ' + (e.getAttribute('class') || e.tagName));
	}
	return bad;
})()`
