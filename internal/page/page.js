'use strict';
(() => {
const doc = JSON.parse(document.getElementById('data').textContent);
doc.findings.forEach((f, i) => (f.sources || []).forEach((s, j) => { s.colours = doc.colours[i][j]; }));
const $ = id => document.getElementById(id);

// el makes an HTML element, svg one of a picture. Text is always text: nothing of a document is read as HTML.
const make = (ns, name, attrs, children) => {
	const e = ns ? document.createElementNS(ns, name) : document.createElement(name);
	for (const [k, v] of Object.entries(attrs || {})) {
		if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
		else if (v !== undefined && v !== null && v !== false) e.setAttribute(k, v === true ? '' : v);
	}
	e.append(...children.flat(9).filter(c => c !== undefined && c !== null && c !== false && c !== ''));
	return e;
};
const el = (name, attrs, ...children) => make(null, name, attrs, children);
const svg = (name, attrs, ...children) => make('http://www.w3.org/2000/svg', name, attrs, children);
const plural = (n, what) => n + ' ' + what + (n === 1 ? '' : 's');
const clip = (s, n) => s.length > n ? s.slice(0, Math.max(0, n - 1)) + '…' : s;
const clipLeft = (s, n) => s.length > n ? '…' + s.slice(s.length - n + 1) : s;
const at = p => p ? p.file + ':' + p.line : '';
const short = p => p ? p.file.slice(p.file.lastIndexOf('/') + 1) + ':' + p.line : '';
const capital = s => s.charAt(0).toUpperCase() + s.slice(1);
const words = v => v.replaceAll('-', ' ').replace('wake up', 'wake-up');

// A View knows the parts of a finding by their numbers.
class View {
	constructor(f) {
		this.f = f;
		this.goroutines = new Map((f.goroutines || []).map(g => [g.id, g]));
		this.objects = new Map((f.objects || []).map(o => [o.id, o]));
		const named = new Map(), count = new Map();
		for (const g of this.goroutines.values()) {
			for (const x of [...(g.waits || []), ...(g.holds || [])]) named.set(x.object, x.name);
		}
		for (const o of this.objects.values()) count.set(o.name, (count.get(o.name) || 0) + 1);
		this.numbered = new Set();
		for (const o of this.objects.values()) {
			if (!o.name || count.get(o.name) > 1 || (named.get(o.id) || '').endsWith('#' + o.id)) this.numbered.add(o.id);
		}
		this.stuck = new Set([...(f.knot || []), ...(f.others || []), ...(f.left || [])]);
	}
	goroutine(id) { return this.goroutines.get(id) || { id, name: '' }; }
	title(id) { return ('g' + id + ' ' + this.goroutine(id).name).trim(); }
	object(id, name) {
		const o = this.objects.get(id);
		name = name || (o && o.name) || (o && o.kind) || 'object';
		return this.numbered.has(id) && !name.includes('#') ? name + ' #' + id : name;
	}
	// step says what a step does, in a run: that of the finding, or the one that passes.
	step(s, run) {
		const p = run.places && s.place >= 0 ? run.places[s.place] : null;
		if (!p || s.op === 'exit') return s.op;
		if (p.select && !s.object) return 'select: ' + p.expr;
		if (!s.object) return (s.op + ' ' + (p.expr || '')).trim();
		if (run !== this.f) { // whose objects have numbers of their own
			const o = (run.objects || []).find(o => o.id === s.object);
			return s.op + ' ' + ((!p.select && p.expr) || (o && (o.name || o.kind)) || 'object');
		}
		return s.op + ' ' + this.object(s.object, p.select ? '' : p.expr);
	}
	// takenOff says whom the schedule has taken off for a step, and before or after what.
	takenOff(s, run) { return this.title(s.off.goroutine) + ' is ' + (s.choice === 'delayed' ? 'held back' : s.choice) + ' ' + s.off.when + ' ' + this.step(s.off, run); }
	place(s, run) { return run.places && s.place >= 0 ? run.places[s.place] : null; }
	// line returns a line of the source, or undefined, and spans what is of which colour in it.
	line(file, n) { return this.source(file, n, s => s.lines); }
	spans(file, n) { return this.source(file, n, s => s.colours); }
	source(file, n, of) {
		for (const s of this.f.sources || []) {
			if (s.file === file && n >= s.first && n < s.first + s.lines.length) return of(s)[n - s.first];
		}
	}
}

// coloured returns a line of Go from a column on in parts, each with the class of what it is.
function coloured(line, spans, from) {
	const out = [];
	for (const s of spans || []) {
		const end = s.at + s.n;
		if (end <= from) continue;
		out.push(line.slice(from, s.at), el('span', { class: s.class }, line.slice(Math.max(s.at, from), end)));
		from = end;
	}
	return [...out, line.slice(from)];
}

// code shows lines of a file around places. marks has for each line what to say of it, and how.
function code(view, file, marks, around) {
	const lines = new Map();
	for (const n of marks.keys()) {
		for (let i = n - around; i <= n + around; i++) {
			const text = view.line(file, i);
			if (text !== undefined) lines.set(i, text);
		}
	}
	if (!lines.size) return el('p', { class: 'hint' }, 'The source was not there to be read.');
	const box = el('div', { class: 'code', tabindex: 0, role: 'region', 'aria-label': 'source of ' + file });
	let before = 0;
	const shown = [...lines.keys()].sort((a, b) => a - b);
	const indent = Math.min(...shown.filter(n => lines.get(n).trim()).map(n => lines.get(n).match(/^\t*/)[0].length));
	for (const n of shown) {
		if (before && n > before + 1) box.append(el('div', { class: 'gap' }, '⋯'));
		before = n;
		const mark = marks.get(n);
		box.append(el('div', { class: mark && mark.how }, el('b', {}, String(n)), el('span', {}, coloured(lines.get(n), view.spans(file, n), indent), lines.get(n).slice(indent) ? '' : ' '), mark && el('i', {}, '◂ ' + mark.text)));
	}
	return box;
}

// ---- who waits for whom ----

const edgeWords = { holds: 'held by', queued: 'kept by', owes: 'owed by', made: 'made by' }; // of others: needs

// chain returns the nodes of the picture: goroutines, and what each waits for, in turn.
function chain(view) {
	const f = view.f, nodes = [];
	(f.knot || []).forEach((id, i) => {
		const g = view.goroutine(id);
		const last = i === f.knot.length - 1;
		const next = last ? (f.cycle ? f.knot[0] : 0) : f.knot[i + 1];
		const waits = g.waits || [];
		const wait = waits.find(w => (w.by || []).some(r => r.goroutine === next)) || waits.find(w => w.fate) ||
			waits.find(w => (w.by || []).length && !w.beside) || waits.find(w => !w.beside) || waits[0];
		const by = wait && (wait.by || []).find(r => r.goroutine === next);
		const before = i > 0 ? f.knot[i - 1] : f.cycle ? f.knot[f.knot.length - 1] : 0;
		nodes.push({ g, wait, before });
		const holder = wait && next && (view.goroutine(next).holds || []).find(h => h.object === wait.object);
		if (wait) nodes.push({ object: wait, by, held: !!holder && !holder.owed, as: holder && holder.name !== wait.name ? holder.name : '' });
		else if (next) nodes.push({ outside: true });
		if (!next) nodes.push({ end: g, wait });
	});
	return nodes;
}

// changes reports whether g is the one to be changed: it keeps what the one before it waits for while it waits itself.
function changes(view, g, before) {
	const wanted = before ? (view.goroutine(before).waits || []).map(w => w.object) : [];
	return view.f.rule === 1 && (g.holds || []).some(h => wanted.includes(h.object)) && !/^(lock|read lock|do)\b/.test(g.doing || '');
}

// doingOf says what a goroutine is stuck in: of a select of many cases first those that matter.
function doingOf(g, wait) {
	const most = 3, cases = (g.doing || 'waiting').replace(/^select: /, '').split(' | ');
	if (cases.length <= most) return g.doing || 'waiting';
	const rank = c => wait && c.endsWith(' ' + wait.name) ? 0 : (g.waits || []).some(w => (w.by || []).length && c.endsWith(' ' + w.name)) ? 1 : 2;
	cases.sort((a, b) => rank(a) - rank(b)); // which leaves those of one rank as they are
	return el('span', { title: g.doing }, (g.doing.startsWith('select: ') ? 'select: ' : '') + cases.slice(0, most).join(' | ') + ' and ' + plural(cases.length - most, 'more case'));
}

function goroutineNode(view, n) {
	const g = n.g, f = view.f;
	const change = changes(view, g, n.before);
	const rows = [];
	for (const h of g.holds || []) {
		rows.push(el('dt', { class: 'holds' }, h.owed ? 'owes' : 'holds'),
			el('dd', {}, (h.owed ? 'the end of the wait for ' : '') + (h.n > 1 ? h.n + ' of ' : '') + h.name + (h.read ? ' for reading' : '') + ' ',
				el('span', { class: 'at' }, (h.owed ? 'as given back at ' : 'since ') + short(h.since))));
	}
	const alike = (f.others || []).map(id => view.goroutine(id)).filter(o => o.name === g.name && o.doing === g.doing && at(o.at) === at(g.at)).length;
	const source = sourceOf(view, g, n.wait);
	rows.push(el('dt', { class: 'waits' }, 'stuck'), el('dd', {}, doingOf(g, n.wait), ' ', el('span', { class: 'at' }, (g.at ? 'at ' + short(g.at) : '') + (g.inside ? ', in ' + shortFunc(g.inside.function) : '')),
		source && el('span', { class: 'line', title: at(g.at) }, source.trim())));
	const calls = callersOf(g).slice(0, 2);
	if (calls.length) rows.push(el('dt', { class: 'calls' }, 'called'), el('dd', {}, calls.map((p, i) => [i ? ', ' : '', 'in ' + shortFunc(p.function) + ' ', el('span', { class: 'at' }, short(p))])));
	return el('li', { class: 'node g', 'data-g': g.id }, change && el('span', { class: 'badge' }, 'change here'),
		el('div', { class: 'who' }, 'g' + g.id + ' ' + g.name + ' ', el('small', {}, g.started ? '' : 'the body of the test', alike > 0 && 'and ' + alike + ' more like it')), el('dl', {}, rows));
}

// sourceOf returns the line in which a goroutine is stuck; of a select the case that matters.
function sourceOf(view, g, wait) {
	if (!g.at) return '';
	const line = view.line(g.at.file, g.at.line) || '';
	if (wait && /^\s*select\s*\{/.test(line)) {
		const name = wait.name.replace(/ #\d+$/, '');
		for (let n = g.at.line + 1; n < g.at.line + 5; n++) {
			const l = view.line(g.at.file, n) || '';
			if (/^\s*case\b/.test(l) && l.includes(name)) return l;
		}
	}
	return line;
}

function node(view, n) {
	if (n.g) return goroutineNode(view, n);
	if (n.outside) return el('li', { class: 'node o' }, el('div', { class: 'who' }, 'code that jostle does not control'));
	if (n.object) {
		const o = view.objects.get(n.object.object);
		return el('li', { class: 'node o', 'data-object': n.object.object }, el('div', { class: 'who mono' }, n.object.name), el('div', { class: 'kind' }, o ? o.kind : '', n.as && ', held as ' + n.as));
	}
	const lost = view.f.lost, w = n.wait;
	const gone = ((w && w.by) || []).slice(0, 3).map(r => el('div', {}, view.title(r.goroutine) + ' ' + (r.did || '')));
	const has = (n.end.waits || []).find(w => w.fate), never = (n.end.nil || []).map(c => el('div', {}, 'the case ' + c + ' can never come: its channel is nil'));
	if (!lost && (has || n.end.round)) {
		return el('li', { class: 'node none' }, el('div', { class: 'who' }, has ? 'Another goroutine has it' : 'Nothing can stop it'),
			el('div', {}, has ? has.fate.told : 'it goes round for ever, from timer to timer'), never);
	}
	const title = lost ? 'The wake-up came too early' : w ? capital(w.gone || 'nobody was seen that could ' + w.needs) : 'Nothing can end this wait';
	return el('li', { class: 'node none' }, el('div', { class: 'who' }, title), lost
		? el('div', {}, lost.op + ' by ' + view.title(lost.goroutine) + ' at ' + short(lost.at) + ', step ' + lost.step + ': it met nobody')
		: gone.length ? [gone, never] : never.length ? never : w && (w.code || []).length > 0 && w.code.slice(0, 3).map(p => el('div', {}, 'as ' + shortFunc(p.function) + ' would at ' + short(p))));
}

// edgeOf says how the arrow from a node to the next is called, and whether it is certain.
function edgeOf(view, from, to) {
	if (from.g) return { text: from.wait ? 'waits for' : 'waits in', loose: false };
	if (from.object && to.g) {
		const how = from.held ? 'holds' : from.by ? from.by.how : 'could';
		return { text: edgeWords[how] || 'needs', loose: false };
	}
	return { text: 'needs', loose: true };
}

// cellsOf returns the rows and columns of so many nodes in a grid: a path, or a circle, goes round it. Where there are too many
// they stand below each other: undefined.
function cellsOf(k, cycle) {
	if (cycle && k === 4) return [[1, 1], [1, 2], [2, 2], [2, 1]];
	if (cycle && k === 6) return [[1, 1], [1, 2], [1, 3], [2, 3], [3, 3], [3, 1]];
	const round = [[1, 1], [1, 2], [1, 3], [2, 3], [3, 3], [3, 2], [3, 1], [2, 1]];
	return k <= 8 ? round.slice(0, k) : undefined;
}

// drawGraph returns the picture. Its nodes are text in a list, which is what is read out; the arrows are drawn over it.
function drawGraph(view) {
	const f = view.f, nodes = chain(view);
	if (!nodes.length) return null;
	const items = nodes.map(n => node(view, n));
	const list = el('ol', { class: 'nodes', role: 'list' }, items);
	const arrows = svg('svg', { 'aria-hidden': 'true' });
	const graph = el('div', { class: 'graph', role: 'group', 'aria-label': graphText(view) }, arrows, list);
	const layout = () => {
		const width = graph.clientWidth;
		if (!width) return;
		const k = nodes.length;
		const cells = cellsOf(k, f.cycle), ring = !!cells && width >= (k > 4 ? 660 : 520);
		graph.classList.toggle('column', !ring);
		graph.classList.toggle('round', !ring && !!f.cycle);
		const cols = ring ? Math.max(...cells.map(c => c[1])) : 1;
		list.style.gridTemplateColumns = !ring ? '' : cols === 3 ? 'minmax(0, 1fr) auto minmax(0, 1fr)' : f.cycle && k === 2 ? 'minmax(0, 3fr) minmax(0, 1fr)' : 'repeat(' + cols + ', minmax(0, 1fr))';
		items.forEach((item, i) => {
			item.style.gridRow = ring ? String(cells[i][0]) : '';
			item.style.gridColumn = ring ? String(cells[i][1]) : '';
		});
		const box = graph.getBoundingClientRect();
		const rects = items.map(i => {
			const r = i.getBoundingClientRect();
			return { l: r.left - box.left, r: r.right - box.left, t: r.top - box.top, b: r.bottom - box.top, x: (r.left + r.right) / 2 - box.left, y: (r.top + r.bottom) / 2 - box.top };
		});
		arrows.replaceChildren(svg('defs', {}, ['red', 'amber'].map(c => svg('marker', { id: 'tip-' + c, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' },
			svg('path', { d: 'M0 0 10 5 0 10z', class: 'arrow-' + c })))));
		for (let i = 0; i < k; i++) {
			const j = i + 1 < k ? i + 1 : 0;
			if (j === 0 && !f.cycle) break;
			const a = rects[i], b = rects[j], e = edgeOf(view, nodes[i], nodes[j]);
			let d, x, y;
			if (j === 0 && cols === 1) { // back to the first, along the side
				d = `M${a.l} ${a.y}H12V${b.y}H${b.l - 2}`;
				[x, y] = [12 + 26, (a.y + b.y) / 2];
				x = Math.min(x, a.l);
				y = a.t - 20;
			} else if (a.t < b.b && b.t < a.b) {
				// Between two that wait for each other one arrow leads there, and the other back.
				const right = b.l > a.r, y0 = (Math.max(a.t, b.t) + Math.min(a.b, b.b)) / 2 + (k === 2 ? (right ? -12 : 12) : 0);
				const from = right ? a.r : a.l, to = right ? b.l : b.r;
				d = `M${from} ${y0}H${right ? to - 2 : to + 2}`;
				[x, y] = [(from + to) / 2, y0 + (k === 2 && !right ? 12 : -11)];
			} else {
				const down = b.t > a.b, x0 = (Math.max(a.l, b.l) + Math.min(a.r, b.r)) / 2;
				const from = down ? a.b : a.t, to = down ? b.t : b.b;
				d = `M${x0} ${from}V${down ? to - 2 : to + 2}`;
				[x, y] = [x0 + 40, (from + to) / 2];
			}
			arrows.append(svg('path', { d, class: 'edge' + (e.loose ? ' loose' : ' cycle-edge'), 'marker-end': 'url(#tip-' + (e.loose ? 'amber' : 'red') + ')' }),
				svg('text', { x, y, class: 'edge-label' + (e.loose ? ' loose' : '') }, e.text));
		}
	};
	new ResizeObserver(layout).observe(graph);
	return el('div', {}, graph, alsoStuck(view));
}

function graphText(view) {
	const f = view.f;
	const parts = (f.knot || []).map((id, i) => {
		const g = view.goroutine(id), next = i + 1 < f.knot.length ? f.knot[i + 1] : f.cycle ? f.knot[0] : 0;
		const holds = (g.holds || []).map(h => (h.owed ? 'owes the end of the wait for ' : 'holds ') + h.name + ' since ' + at(h.since)).join(', ');
		return view.title(id) + ' ' + (holds ? holds + ' and ' : '') + 'is stuck in ' + g.doing + (g.at ? ' at ' + at(g.at) : '') + (next ? ', which ' + view.title(next) + ' would have to end' : ', which nobody can end');
	});
	return 'Who waits for whom. ' + parts.join('. ') + '.';
}

// alsoStuck lists the others, those alike together.
function alsoStuck(view) {
	const groups = new Map();
	for (const id of view.f.others || view.f.left || []) {
		const g = view.goroutine(id), key = [g.name, g.doing, at(g.at), g.stack].join('\n');
		groups.set(key, [...(groups.get(key) || []), g]);
	}
	if (!groups.size) return null;
	const items = [...groups.values()].map(gs => {
		const g = gs[0];
		return el('li', {}, gs.length > 1 ? el('b', {}, gs.length + ' × ' + g.name) : el('b', {}, view.title(g.id)), ' ' + (g.doing || '') + ' ', el('span', { class: 'at' }, g.at ? 'at ' + at(g.at) : ''),
			gs.length > 1 && el('span', { class: 'at' }, ' (' + clip(gs.map(x => 'g' + x.id).join(' '), 60) + ')'), g.stack && el('pre', {}, g.stack));
	});
	return el('div', { class: 'also' }, view.f.left ? 'Left behind when the test had failed, and stuck:' : (view.f.knot || []).length ? 'Stuck as well:' : 'Stuck:', el('ul', {}, items.slice(0, 12)),
		items.length > 12 && el('p', { class: 'hint' }, 'and ' + plural(items.length - 12, 'more place')));
}

const shortFunc = fn => (fn || '').replace(/\[\.\.\.\]/g, '').replace(/^[^.()]*\./, '').replace(/\[[^\]]*\]/g, '');

// callersOf returns the calls that lead to where a goroutine is stuck, but for the place itself.
// Those of other modules only start it.
function callersOf(g) { return g.at ? (g.calls || []).filter(p => p.file + p.line !== g.at.file + g.at.line && !p.file.includes('@')) : []; }

// codeOf shows the source of the goroutines of the knot: where they took what they hold, and where they are stuck.
function codeOf(view) {
	const f = view.f, figures = [], ids = f.knot && f.knot.length ? f.knot : (f.others || []).slice(0, 2);
	const done = new Set();
	for (const id of ids) {
		const g = view.goroutine(id), files = new Map();
		const mark = (p, how, text) => {
			if (!p || view.line(p.file, p.line) === undefined) return;
			if (!files.has(p.file)) files.set(p.file, new Map());
			const m = files.get(p.file), have = m.get(p.line);
			m.set(p.line, have ? { how: 'hot', text: have.text + '; ' + text } : { how, text });
		};
		for (const h of g.holds || []) mark(h.since, 'held', h.owed ? 'as it gave back before' : 'takes ' + h.name);
		mark(g.at, 'hot', (g.doing || '').startsWith('select') ? 'stuck here' : 'stuck: ' + g.doing);
		const calls = callersOf(g);
		if (calls.length && (changes(view, g, f.cycle ? ids[(ids.indexOf(id) + ids.length - 1) % ids.length] : 0) || ids.length < 3)) mark(calls[0], 'cur', 'calls ' + shortFunc(g.at.function));
		for (const [file, marks] of files) {
			const key = file + [...marks].map(([n, m]) => n + m.text).join();
			if (done.has(key)) continue;
			done.add(key);
			figures.push(el('figure', {}, el('figcaption', {}, el('b', {}, 'g' + id), ' ' + clip(g.name, 50) + ' ', el('span', { class: 'at' }, file)), code(view, file, marks, 2)));
		}
	}
	if (f.lost && f.lost.at) {
		figures.push(el('figure', {}, el('figcaption', {}, el('b', {}, 'g' + f.lost.goroutine), ' ', el('span', { class: 'at' }, f.lost.at.file)),
			code(view, f.lost.at.file, new Map([[f.lost.at.line, { how: 'held', text: 'meets nobody: the wake-up is lost' }]]), 2)));
	}
	return figures.length ? el('div', { class: 'codes' }, figures) : null;
}

// ---- the time line ----

const LABEL = 216, MOST_PX = 130;

class Timeline {
	constructor(view, say) {
		this.view = view;
		this.run = view.f;
		this.say = say;
		this.all = false;
		this.byN = new Map(this.run.trace.map((s, i) => [s.n, i]));
		this.index();
		this.build();
	}

	// index finds what does not depend on what is shown.
	index() {
		const { trace } = this.run, view = this.view, f = view.f;
		this.last = new Map();
		this.firstOf = new Map();
		trace.forEach((s, i) => { this.last.set(s.goroutine, i); if (!this.firstOf.has(s.goroutine)) this.firstOf.set(s.goroutine, i); });
		this.blocks = new Map(); // last step of who is stuck, by goroutine
		for (const id of view.stuck) {
			const g = view.goroutine(id), i = this.last.get(id);
			if (i !== undefined && g.state === 'blocked') this.blocks.set(id, i);
		}
		this.links = []; // from the step that ended a wait to whose wait it was
		trace.forEach((s, i) => { if (s.until && this.byN.has(s.until)) this.links.push([this.byN.get(s.until), i]); });
		this.forced = [];
		trace.forEach((s, i) => { if (s.off) this.forced.push(i); });
		// Above the lanes: numbers, two rows for the schedule, one for where the runs part.
		this.partY = this.forced.length ? 54 : 30;
		this.sinceY = f.parts ? this.partY + 13 : this.partY;
		this.top = f.inevitable && f.inevitable.step ? this.sinceY + 6 : f.parts ? this.partY + 6 : this.forced.length ? 46 : 20;
		this.starts = [];
		for (const g of view.goroutines.values()) {
			const first = this.firstOf.get(g.id);
			if (first === undefined || !g.parent || !g.born) continue;
			const n = g.born + 1 - this.run.first; // the go statement is the next step of the parent
			for (let i = Math.max(0, n); i < Math.min(n + 40, trace.length); i++) {
				if (trace[i].goroutine === g.parent) { if (trace[i].op === 'go' && i < first) this.starts.push([i, first]); break; }
			}
		}
		const matter = [];
		const add = id => { if (id && !matter.includes(id) && (this.last.has(id) || view.stuck.has(id))) matter.push(id); };
		(f.knot || []).forEach(add);
		if (f.lost) add(f.lost.goroutine);
		if (!f.cycle && f.knot && f.knot.length) { // who could have ended the last wait
			for (const w of view.goroutine(f.knot[f.knot.length - 1]).waits || []) (w.by || []).slice(0, 2).forEach(r => add(r.goroutine));
		}
		this.main = new Set(matter);
		const others = f.others || [];
		if (others.length <= 3 || !matter.length) others.slice(0, 6).forEach(add);
		if (f.who) for (const g of view.goroutines.values()) if (view.title(g.id) === f.who) add(g.id);
		if (!matter.length || !(f.knot || []).length) { // whoever did most of the last steps
			const count = new Map();
			trace.slice(-200).forEach(s => count.set(s.goroutine, (count.get(s.goroutine) || 0) + 1));
			[...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 8).forEach(([id]) => add(id));
		}
		if (!this.main.size) this.main = new Set(matter);
		this.matter = matter;
		this.everyone = [...matter, ...[...view.goroutines.keys()].filter(id => !matter.includes(id) && this.last.has(id))];
	}

	build() {
		const button = (text, label, act) => el('button', { type: 'button', 'aria-label': label, title: label, onclick: act }, text);
		this.svg = svg('svg', { 'aria-hidden': 'true' });
		this.space = el('div', { class: 'space' }, this.svg);
		this.scroll = el('div', { class: 'time', tabindex: 0, role: 'application', 'aria-roledescription': 'time line', 'aria-describedby': 'time-help', 'aria-label': this.text() }, this.space);
		this.more = button('', '', () => { this.all = !this.all; this.choose(); this.fit(); });
		this.detail = el('div', { class: 'step' });
		this.live = el('p', { role: 'status', style: 'position:absolute;left:-999px' });
		this.root = el('div', {},
			el('div', { class: 'bar' }, button('−', 'zoom out', () => this.zoom(1 / 1.5)), button('+', 'zoom in', () => this.zoom(1.5)), button('fit', 'zoom so that all steps are seen, or the last ones', () => this.fit()),
				[...this.blocks.keys()].some(id => this.main.has(id)) && button('to the block', 'go to the step that blocks', () => this.select(Math.max(...[...this.blocks].filter(([id]) => this.main.has(id)).map(([, i]) => i)), true)),
				el('span', { class: 'grow' }), this.more),
			this.scroll, this.legend(), this.detail, this.live);
		let asked = false;
		this.drawSoon = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; this.draw(); }); } };
		this.scroll.addEventListener('scroll', this.drawSoon);
		this.scroll.addEventListener('wheel', e => {
			if (!e.ctrlKey && !e.metaKey && !e.altKey) return; // a plain one scrolls
			e.preventDefault();
			this.zoom(Math.exp(-e.deltaY * 0.0025), e.clientX - this.scroll.getBoundingClientRect().left);
		}, { passive: false });
		this.scroll.addEventListener('keydown', e => this.key(e));
		this.scroll.addEventListener('pointermove', e => { if (e.pointerType === 'mouse' && !this.drag) this.hover(this.at(e)); });
		this.scroll.addEventListener('pointerleave', () => this.hover(null));
		this.scroll.addEventListener('click', e => { const i = this.at(e); if (i !== null) this.select(i); });
		this.scroll.addEventListener('pointerdown', e => {
			if (e.pointerType !== 'mouse' || e.button !== 0) return; // fingers pan by themselves
			const from = { x: e.clientX, y: e.clientY, l: this.scroll.scrollLeft, t: this.scroll.scrollTop };
			const move = m => {
				if (!this.drag && Math.abs(m.clientX - from.x) + Math.abs(m.clientY - from.y) < 5) return;
				this.drag = true;
				this.scroll.scrollTo(from.l + from.x - m.clientX, from.t + from.y - m.clientY);
			};
			window.addEventListener('pointermove', move);
			window.addEventListener('pointerup', () => { window.removeEventListener('pointermove', move); setTimeout(() => { this.drag = false; }); }, { once: true });
		});
		this.choose();
		this.draws = 0;
		let width = 0;
		new ResizeObserver(() => {
			if (this.scroll.clientWidth === width) return;
			width = this.scroll.clientWidth;
			this.fit();
		}).observe(this.scroll);
		const start = Math.max(-1, ...[...this.blocks].filter(([id]) => this.main.has(id)).map(([, i]) => i));
		this.select(start >= 0 ? start : this.steps.length ? this.steps[this.steps.length - 1] : 0, false, true);
	}

	legend() {
		const item = (text, ...shapes) => el('li', {}, svg('svg', { width: 26, height: 14, 'aria-hidden': 'true' }, shapes), text);
		const tip = svg('path', { d: 'M20 3 26 7 20 11z', class: 'arrow-blue' });
		return el('ul', { class: 'legend', id: 'time-help' },
			item('a step', svg('circle', { cx: 13, cy: 7, r: 5, class: 'mark' })), item('a lock, or some of a resource, is held', svg('rect', { x: 1, y: 3, width: 24, height: 8, class: 'hold' })),
			item('stuck for ever', svg('rect', { x: 1, y: 3, width: 24, height: 8, class: 'block' })), item('waits', svg('rect', { x: 1, y: 3, width: 24, height: 8, class: 'wait' })),
			item('ends the wait of: a message, a lock let go, a signal', svg('path', { d: 'M2 7H20', class: 'link' }), tip), item('starts', svg('path', { d: 'M2 7H24', class: 'link start' })),
			item('the schedule takes over', svg('path', { d: 'M2 7H24', class: 'forced' })),
			el('li', {}, 'arrow keys: from step to step; Enter: select; + − 0: zoom; Ctrl and wheel: zoom'));
	}

	// choose decides what is shown: lanes, and the steps on them.
	choose() {
		const ids = this.all ? this.everyone : this.matter;
		this.ids = ids;
		this.lane = new Map(ids.map((id, i) => [id, i]));
		this.height = this.all ? 26 : 60;
		this.tail = this.all ? 60 : 190; // room behind the last step, to say who is stuck
		this.steps = [];
		// Of those that matter less, only what has to do with the others, or with the schedule.
		const few = new Set(this.all ? [] : ids.filter(id => !this.main.has(id)));
		const told = new Set();
		if (few.size) {
			for (const [i, j] of [...this.links, ...this.starts]) if (this.main.has(this.run.trace[j].goroutine)) told.add(i);
			for (const i of this.forced) { told.add(i); told.add(i - 1); }
			for (const i of this.blocks.values()) told.add(i);
			for (const id of few) told.add(this.last.get(id));
		}
		this.run.trace.forEach((s, i) => { if (this.lane.has(s.goroutine) && (!few.has(s.goroutine) || told.has(i))) this.steps.push(i); });
		this.col = new Map(this.steps.map((i, c) => [i, c]));
		// How far the next mark of the same lane is, on the nearer side: room for text.
		const before = new Map();
		this.room = this.steps.map(() => Infinity);
		this.steps.forEach((i, c) => {
			const g = this.run.trace[i].goroutine, p = before.get(g);
			if (p !== undefined) { this.room[c] = Math.min(this.room[c], c - p); this.room[p] = Math.min(this.room[p], c - p); }
			before.set(g, c);
		});
		// What is taken while something is held lies in it.
		const open = new Map();
		this.held = (this.run.held || []).filter(h => this.lane.has(h.goroutine)).map(h => {
			const outer = (open.get(h.goroutine) || []).filter(o => !o.to || o.to > h.from);
			open.set(h.goroutine, [...outer, h]);
			return { ...h, depth: outer.length };
		});
		const hidden = this.everyone.length - this.matter.length;
		this.more.hidden = hidden <= 0;
		this.more.textContent = this.all ? 'show only the ' + this.matter.length + ' that matter' : 'show all ' + this.everyone.length + ' goroutines';
		this.more.setAttribute('aria-pressed', String(this.all));
		this.more.removeAttribute('aria-label');
		this.more.removeAttribute('title');
	}

	get label() { return Math.min(LABEL, Math.max(84, this.scroll.clientWidth * 0.24)); }

	// colAt returns the column in which a step is, or the one before which it would be, by the step's number.
	colAt(n) {
		let lo = 0, hi = this.steps.length;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			if (this.run.trace[this.steps[mid]].n < n) lo = mid + 1; else hi = mid;
		}
		return lo;
	}

	fit() {
		this.tail = this.all ? 60 : Math.min(190, this.scroll.clientWidth * 0.3);
		const room = this.scroll.clientWidth - this.label - this.tail;
		if (room <= 0) return;
		this.px = Math.min(MOST_PX, Math.max(room / (this.steps.length + 0.7), this.all ? 3 : Math.min(40, room / 5)));
		this.size();
		this.scroll.scrollLeft = this.space.clientWidth;
		if (this.current !== undefined && this.current !== null) this.reveal(this.current);
		this.drawSoon();
	}

	size() {
		this.space.style.width = Math.max(this.scroll.clientWidth, this.label + (this.steps.length + 0.7) * this.px + this.tail) + 'px';
		this.space.style.height = this.top + this.ids.length * this.height + 8 + 'px';
	}

	zoom(by, x) {
		const before = this.px, w = this.scroll.clientWidth;
		x = Math.max(0, (x === undefined ? w * 0.6 : x) - this.label);
		const where = (this.scroll.scrollLeft + x) / before;
		this.px = Math.min(MOST_PX, Math.max(1, this.px * by));
		this.size();
		this.scroll.scrollLeft = where * this.px - x;
		this.drawSoon();
	}

	x(col) { return this.label + (col + 0.7) * this.px; }
	y(lane) { return this.top + (lane + 0.5) * this.height; }

	draw() {
		const w = this.scroll.clientWidth, view = this.view, trace = this.run.trace;
		const h = Math.min(this.scroll.clientHeight, this.top + this.ids.length * this.height + 8);
		if (!w || !this.px) return;
		this.draws++;
		const L = this.scroll.scrollLeft, T = this.scroll.scrollTop, H = this.height, px = this.px, label = this.label;
		const X = c => this.x(c) - L, Y = l => this.y(l) - T;
		const c0 = Math.max(0, Math.floor(L / px) - 2), c1 = Math.min(this.steps.length - 1, Math.ceil((L + w - label) / px) + 2);
		const l0 = Math.max(0, Math.floor((T - this.top) / H)), l1 = Math.min(this.ids.length - 1, Math.ceil((T + h) / H));
		const back = [], front = [], texts = [], names = [];
		const end = X(this.steps.length - 1) + this.tail - 10;
		for (let l = l0; l <= l1; l++) back.push(svg('line', { x1: label, x2: Math.max(w, end), y1: Y(l), y2: Y(l), class: 'lane-line' }));
		const here = this.col.get(this.hovered ?? this.current);
		if (here !== undefined) back.push(svg('rect', { x: X(here) - px / 2, y: this.top, width: Math.max(px, 2), height: h, class: 'column-here' }));
		// Steps of goroutines that are not shown lie where a line is.
		if (px >= 8) {
			for (let c = Math.max(1, c0); c <= c1; c++) {
				if (this.steps[c] > this.steps[c - 1] + 1) back.push(svg('line', { x1: X(c - 0.5), x2: X(c - 0.5), y1: this.top, y2: h, class: 'skipped' }));
			}
		}
		const bar = (from, to, lane, cls, tall) => {
			const x1 = Math.max(from, label - 4), x2 = Math.min(to, w + 4), t = H * tall;
			if (x2 < label || x1 > w || lane < l0 || lane > l1 || x2 - x1 < 1) return null;
			back.push(svg('rect', { x: x1, y: Y(lane) - t / 2, width: x2 - x1, height: t, rx: 3, class: cls }));
			return [x1, x2];
		};
		const say = (at, lane, cls, s, dy) => {
			const n = Math.floor((at[1] - at[0] - 8) / (cls === 'block-text' ? 7.5 : 6.6));
			if (n >= 5) texts.push(svg('text', { x: at[0] + 5, y: Y(lane) + dy, class: cls }, clip(s, n)));
		};
		const written = new Map(); // by lane: up to where there is text
		for (const hold of this.held) {
			const a = this.colAt(hold.from), b = hold.to ? this.colAt(hold.to) : this.steps.length;
			if (b < c0 || a > c1 + 1) continue;
			const lane = this.lane.get(hold.goroutine);
			const box = bar(X(a), hold.to ? X(b) : end, lane, 'hold', 0.78 - 0.12 * Math.min(hold.depth, 3));
			if (box && !this.all && box[0] >= (written.get(lane) || 0)) {
				const text = (hold.read ? 'reads under ' : 'holds ') + view.object(hold.object);
				written.set(lane, Math.min(box[1], box[0] + 12 + text.length * 6.8));
				say(box, lane, 'hold-text', text, -H * 0.39 + 12);
			}
		}
		for (const [from, i] of this.links) {
			const lane = this.lane.get(trace[i].goroutine);
			if (lane !== undefined) bar(X(this.col.get(i)), X(this.colAt(trace[from].n)), lane, 'wait', this.all ? 0.4 : 0.24);
		}
		for (const [id, i] of this.blocks) {
			const lane = this.lane.get(id);
			if (lane === undefined) continue;
			const box = bar(X(this.col.get(i)), end, lane, 'block', this.all ? 0.5 : 0.32);
			if (box && !this.all) say([box[0] + 10, box[1]], lane, 'block-text', 'stuck: ' + view.goroutine(id).doing, 4);
		}
		// Arrows: only those that are seen, and no more than can be told apart.
		const arrow = (i, j, cls, tip) => {
			const a = this.lane.get(trace[i].goroutine), b = this.lane.get(trace[j].goroutine);
			const ca = this.colAt(trace[i].n), cb = cls === 'link' ? ca : this.col.get(j);
			if (b === undefined || Math.max(ca, cb) < c0 || Math.min(ca, cb) > c1 || Math.min(a ?? b, b) > l1 || Math.max(a ?? b, b) < l0) return;
			const x1 = X(ca), y1 = a === undefined ? this.top + 4 : Y(a), x2 = X(cb), y2 = Y(b) + (y1 < Y(b) ? -7 : 7);
			const bend = cls === 'link' ? Math.min(14, px * 0.4) : 0;
			front.push(svg('path', { d: bend ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x1 + bend} ${y2} ${x2 + 1} ${y2}` : `M${x1} ${y1}L${x2} ${y2}`, class: cls + (tip ? ' arrow' : ''), 'marker-end': tip ? 'url(#tip-blue)' : undefined }));
			if (a === undefined && px > 30) texts.push(svg('text', { x: x1 + 4, y: this.top + 9, class: 'axis' }, 'from g' + trace[i].goroutine));
		};
		if (px >= 4) {
			for (const [i, j] of this.links) arrow(i, j, 'link', true);
			for (const [i, j] of this.starts) arrow(i, j, 'link start', false);
		}
		const flagged = [0, 0];
		for (const i of this.forced) {
			const c = this.col.get(i), from = this.lane.get(trace[i].off.goroutine);
			const at = c ?? this.colAt(trace[i].n);
			if (at < c0 || at > c1 + 1 || c === undefined && from === undefined) continue;
			const x = X(at - 0.5), to = c === undefined ? undefined : this.lane.get(trace[i].goroutine);
			const y1 = from === undefined ? this.top : Y(from), y2 = to === undefined ? this.top : Y(to);
			front.push(svg('path', { d: `M${x} 18V${Math.max(y1, y2)}`, class: 'forced' }));
			if (from !== undefined && from >= l0 && from <= l1) front.push(svg('path', { d: `M${x} ${y1 - 7}l6 7l-6 7l-6 -7z`, class: 'forced-flag' }));
			const flag = 'g' + trace[i].off.goroutine + ' ' + trace[i].choice + ' ' + trace[i].off.when + ' ' + trace[i].off.op;
			const row = flagged.findIndex(to => x - 6 >= to);
			if (row >= 0 && x > label) {
				flagged[row] = x + flag.length * 6.8 + 8;
				texts.push(svg('text', { x: x + 4, y: 27 + 13 * row, class: 'forced-text' }, flag));
			}
		}
		if (view.f.parts && px >= 3) {
			const c = this.colAt(view.f.parts);
			if (c >= c0 && c <= c1) {
				front.push(svg('line', { x1: X(c - 0.5), x2: X(c - 0.5), y1: this.partY - 10, y2: h, class: 'part' }));
				texts.push(svg('text', { x: X(c - 0.5) + 4, y: this.partY, class: 'part-text' }, 'from here on the passing run differs'));
			}
		}
		const since = view.f.inevitable && view.f.inevitable.step;
		if (since && px >= 3) {
			const c = this.colAt(since);
			if (c >= c0 && c <= c1) {
				front.push(svg('line', { x1: X(c - 0.5) + 2, x2: X(c - 0.5) + 2, y1: this.sinceY - 10, y2: h, class: 'since' }));
				texts.push(svg('text', { x: X(c - 0.5) + 6, y: this.sinceY, class: 'since-text' }, view.f.inevitable.all ? 'from here on nothing ends well' : 'from here on nothing tried ended well'));
			}
		}
		// Marks: where they would lie upon each other, one stands for all of its pixels.
		let taken = new Map(), every = Math.max(1, Math.ceil(70 / px));
		const lost = view.f.lost ? view.f.lost.step : 0;
		for (let c = c0; c <= c1; c++) {
			const i = this.steps[c], s = trace[i], lane = this.lane.get(s.goroutine), x = X(c);
			if (c % every === 0 && x > label) texts.push(svg('text', { x, y: 12, class: 'axis', 'text-anchor': 'middle' }, String(s.n)));
			if (lane < l0 || lane > l1 || x < label - 8) continue;
			const stop = this.blocks.get(s.goroutine) === i;
			if (px < 4 && !stop && Math.round(x / 4) === taken.get(lane)) continue;
			taken.set(lane, Math.round(x / 4));
			const cls = 'mark' + (stop ? ' stop' : s.n === lost ? ' lost' : '');
			front.push(px < 8 && !stop ? svg('rect', { x: x - Math.max(px / 2, 1), y: Y(lane) - H * 0.25, width: Math.max(px - 0.5, 2), height: H * 0.5, class: cls, 'data-step': s.n })
				: stop ? svg('rect', { x: x - 6, y: Y(lane) - 6, width: 12, height: 12, class: cls, 'data-step': s.n })
					: svg('circle', { cx: x, cy: Y(lane), r: Math.min(6, px * 0.4), class: cls, 'data-step': s.n }));
			if (this.all || stop) continue;
			// What it does, if there is room for it; else what kind of thing.
			const room = Math.min(this.room[c] * px, 2 * (x - label - 4)), text = view.step(s, this.run) + (s.n === lost ? ': lost' : '');
			if (room >= 6.9 * Math.min(text.length, 14)) texts.push(svg('text', { x, y: Y(lane) + 24, class: 'mark-text' }, clip(text, Math.floor(room / 6.9))));
			else if (room >= 5.8 * s.op.length) texts.push(svg('text', { x, y: Y(lane) + 24, class: 'mark-text short' }, s.op));
		}
		if (here !== undefined && this.current !== null) {
			const c = this.col.get(this.current), lane = c !== undefined && this.lane.get(trace[this.current].goroutine);
			if (c !== undefined && X(c) > label) front.push(svg('circle', { cx: X(c), cy: Y(lane), r: 10, class: 'cursor' }));
		}
		names.push(svg('rect', { x: 0, y: 0, width: label, height: h, class: 'lane-bg' }));
		const letters = Math.floor((label - 12) / 7.4);
		for (let l = l0; l <= l1; l++) {
			const id = this.ids[l], g = view.goroutine(id), y = Y(l);
			if ((view.f.knot || []).includes(id)) names.push(svg('rect', { x: 0, y: y - H / 2 + 1, width: label - 2, height: H - 2, class: 'lane-bg knot' }));
			const id_ = 'g' + id + ' ';
			names.push(svg('g', { class: 'lane', 'data-g': id }, svg('title', {}, view.title(id)), svg('text', { x: 8, y: y + 4, class: 'lane-name' }, svg('tspan', { class: 'lane-name id' }, id_), clipLeft(g.name, letters - id_.length))));
		}
		names.push(svg('rect', { x: 0, y: 0, width: label, height: this.top, class: 'lane-bg' }), svg('text', { x: 8, y: 12, class: 'axis' }, 'step'));
		this.svg.setAttribute('width', w);
		this.svg.setAttribute('height', h);
		this.svg.setAttribute('data-draws', this.draws);
		this.svg.replaceChildren(svg('defs', {}, svg('marker', { id: 'tip-blue', viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto' }, svg('path', { d: 'M0 0 10 5 0 10z', class: 'arrow-blue' }))),
			...back, ...front, ...texts, svg('line', { x1: label, x2: label, y1: 0, y2: h, class: 'lane-line' }), ...names);
	}

	// at returns the step under the pointer, or null.
	at(e) {
		const box = this.scroll.getBoundingClientRect(), x = e.clientX - box.left, y = e.clientY - box.top;
		if (x < this.label || y < this.top || x > this.scroll.clientWidth) return null;
		const col = (x + this.scroll.scrollLeft - this.label) / this.px - 0.7, lane = Math.floor((y + this.scroll.scrollTop - this.top) / this.height);
		const near = Math.max(1, Math.ceil(10 / this.px));
		let best = null;
		for (let c = Math.max(0, Math.floor(col - near)); c <= Math.min(this.steps.length - 1, Math.ceil(col + near)); c++) {
			const i = this.steps[c], d = Math.abs(c - col) + (this.lane.get(this.run.trace[i].goroutine) === lane ? 0 : 0.6);
			if (best === null || d < best.d) best = { i, d };
		}
		return best && best.i;
	}

	hover(i) {
		if (this.hovered === i) return;
		this.hovered = i;
		this.show(i ?? this.current);
		this.drawSoon();
	}

	select(i, reveal, quiet) {
		this.current = i;
		this.hovered = null;
		this.show(i);
		if (reveal) this.reveal(i);
		if (!quiet) {
			const s = this.run.trace[i];
			this.live.textContent = 'step ' + s.n + ': ' + this.sentence(s, i);
		}
		this.drawSoon();
	}

	reveal(i) {
		const c = this.col.get(i);
		if (c === undefined || !this.px) return;
		const x = (c + 0.7) * this.px, room = this.scroll.clientWidth - this.label;
		if (x < this.scroll.scrollLeft + 20 || x > this.scroll.scrollLeft + room - 40) this.scroll.scrollLeft = x - room * 0.6;
		const y = this.top + this.lane.get(this.run.trace[i].goroutine) * this.height;
		if (y < this.scroll.scrollTop + this.top) this.scroll.scrollTop = y - this.top;
		else if (y + this.height > this.scroll.scrollTop + this.scroll.clientHeight) this.scroll.scrollTop = y + this.height - this.scroll.clientHeight + 8;
	}

	key(e) {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		const c = this.col.get(this.current) ?? this.steps.length - 1, end = this.steps.length - 1;
		const to = col => this.select(this.steps[Math.min(end, Math.max(0, col))], true);
		const across = by => { // the nearest step on the next lane in that direction
			const l = this.lane.get(this.run.trace[this.steps[c]].goroutine);
			for (let lane = l + by; lane >= 0 && lane < this.ids.length; lane += by) {
				let best = -1;
				this.steps.forEach((i, k) => { if (this.run.trace[i].goroutine === this.ids[lane] && (best < 0 || Math.abs(k - c) < Math.abs(best - c))) best = k; });
				if (best >= 0) return to(best);
			}
		};
		const keys = {
			ArrowLeft: () => to(c - 1), ArrowRight: () => to(c + 1), ArrowUp: () => across(-1), ArrowDown: () => across(1), Home: () => to(0), End: () => to(end),
			PageUp: () => to(c - 20), PageDown: () => to(c + 20), '+': () => this.zoom(1.5), '=': () => this.zoom(1.5), '-': () => this.zoom(1 / 1.5), 0: () => this.fit(),
			Enter: () => { this.select(this.steps[c], true); this.detail.querySelector('.code')?.focus(); },
		};
		if (!keys[e.key] || end < 0) return;
		e.preventDefault();
		keys[e.key]();
	}

	// sentence says all there is to a step.
	sentence(s, i) {
		const view = this.view, p = view.place(s, this.run), trace = this.run.trace;
		let out = view.title(s.goroutine) + ', ' + view.step(s, this.run) + (p ? ' at ' + at(p) : '');
		if (this.blocks.get(s.goroutine) === i) out += '; here it is stuck for ever';
		if (s.until) {
			const by = trace[this.byN.get(s.until)];
			out += '; it waits until step ' + s.until + (by ? ', ' + view.step(by, this.run) + ' of ' + view.title(by.goroutine) : '');
		}
		if (s.off) out += '; the schedule has it run here, and ' + view.takenOff(s, this.run);
		if (view.f.inevitable && view.f.inevitable.step === s.n) out += '; ' + view.f.inevitable.told;
		return out;
	}

	show(i) {
		const s = this.run.trace[i];
		if (!s) return;
		const view = this.view, p = view.place(s, this.run), trace = this.run.trace;
		const facts = [el('p', {}, el('b', {}, 'step ' + s.n), ' ', view.title(s.goroutine)), el('p', {}, el('code', {}, view.step(s, this.run)), p && el('span', { class: 'at' }, ' ' + at(p) + (p.function ? ' in ' + p.function : '')))];
		if (this.blocks.get(s.goroutine) === i) facts.push(el('p', {}, el('span', { class: 'tag' }, 'stuck for ever')));
		if (s.until) {
			const by = this.byN.get(s.until);
			facts.push(el('p', {}, 'waits until ', by === undefined ? 'step ' + s.until : el('button', { type: 'button', onclick: () => this.jump(by) }, 'step ' + s.until + ', ' + clip(view.step(trace[by], this.run), 40) + ' of ' + clip(view.title(trace[by].goroutine), 40))));
		}
		if (s.off) facts.push(el('p', {}, el('span', { class: 'tag gone' }, s.choice), ' ', view.takenOff(s, this.run) + '; it could have gone on, and the schedule has ' + view.title(s.goroutine) + ' go on in its place'));
		if (view.f.inevitable && view.f.inevitable.step === s.n) facts.push(el('p', {}, el('span', { class: 'tag' }, 'no way back'), ' ' + view.f.inevitable.told));
		this.detail.replaceChildren(el('div', {}, facts), el('div', {}, p && code(view, p.file, new Map([[p.line, { how: this.blocks.get(s.goroutine) === i ? 'hot' : 'cur', text: clip(view.step(s, this.run), 60) }]]), 3)));
	}

	jump(i) {
		if (!this.col.has(i)) { this.all = true; this.choose(); this.fit(); }
		this.select(i, true);
		this.scroll.focus();
	}

	text() {
		const f = this.view.f;
		return 'Time line of ' + plural(this.run.trace.length, 'step') + ' of ' + plural(this.everyone.length, 'goroutine') + '. ' + [...this.blocks.keys()].slice(0, 5).map(id => this.view.title(id) + ' is stuck in ' + this.view.goroutine(id).doing).join('. ')
			+ (f.preemptions ? '. ' + plural(f.preemptions, 'preemption') : '');
	}
}

// stepTable is the time line as a table: the steps that are shown at first, the last of them if there are many.
function stepTable(view, t) {
	const most = 400, steps = t.steps.slice(-most);
	const body = el('tbody', {}, steps.map(i => {
		const s = view.f.trace[i];
		return el('tr', {}, el('td', { class: 'n' }, String(s.n)), el('td', {}, view.title(s.goroutine)), el('td', { class: t.blocks.get(s.goroutine) === i ? 'bad' : null }, t.sentence(s, i).slice(view.title(s.goroutine).length + 2)));
	}));
	return el('details', {}, el('summary', {}, 'The same as a table'), el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'steps' }, el('table', {},
		el('caption', {}, t.steps.length > most ? 'the last ' + most + ' of ' + t.steps.length + ' steps of the goroutines that matter' : 'steps of the goroutines that matter'),
		el('thead', {}, el('tr', {}, el('th', { class: 'n', scope: 'col' }, 'step'), el('th', { scope: 'col' }, 'goroutine'), el('th', { scope: 'col' }, 'does'))), body)));
}

// ---- the run that passes ----

// contrast says what is different in the nearest run that passes, and since when no continuation passes.
function contrast(view, timeline) {
	const f = view.f, since = f.inevitable;
	if (!f.difference && !since) return null;
	const upper = s => capital(s) + '.';
	const i = since && since.step && timeline ? timeline.byN.get(since.step) : undefined;
	return el('section', { class: 'contrast', 'aria-labelledby': 'contrast' }, el('h3', { id: 'contrast' }, since && !since.step ? 'No schedule that passes is known' : 'What is different where it ' + (f.passing && f.passing.leaks ? 'only leaks' : 'passes')),
		(f.difference ? f.difference.told || [] : []).map(s => el('p', {}, s)),
		since && el('p', {}, since.step ? ['Step ' + since.step, i !== undefined && ', ' + view.title(f.trace[i].goroutine) + ': ' + view.step(f.trace[i], f), ': ' + since.told + '. ',
			i !== undefined && el('button', { type: 'button', onclick: () => { timeline.jump(i); timeline.root.scrollIntoView({ block: 'nearest' }); } }, 'show the step')] : upper(since.told)));
}

// departures are what the schedule decides otherwise than the plain run.
function departures(view) {
	const all = view.f.departures || [], most = 12;
	if (!all.length) return null;
	return el('div', {}, el('p', { class: 'hint' }, plural(all.length, 'decision') + ' of the schedule ' + (all.length === 1 ? 'is' : 'are') + ' not the plain ' + (all.length === 1 ? 'one:' : 'ones:')),
		el('ol', {}, all.slice(0, most).map(d => el('li', {}, d.text, d.missed && [' ', el('span', { class: 'tag gone' }, 'did not come')])), all.length > most && el('li', {}, 'and ' + (all.length - most) + ' more')));
}

function besides(view) {
	const f = view.f, passing = f.passing;
	if (!passing) {
		const list = departures(view);
		return list && el('section', { 'aria-labelledby': 'schedule' }, el('h3', { id: 'schedule' }, 'The schedule that leads there'), list);
	}
	const start = Math.max(1, f.parts - 3), rows = [], most = 26;
	const cell = (s, run) => {
		if (!s) return el('td', {}, '');
		const bad = run === f && view.stuck.has(s.goroutine) && stuckAt.get(s.goroutine) === s.n;
		return el('td', { class: bad ? 'bad' : null }, el('span', { class: 'gid' }, 'g' + s.goroutine), ' ' + view.step(s, run) + ' ', el('span', { class: 'at' }, short(view.place(s, run))), bad ? el('b', {}, ' ← stuck') : '');
	};
	const stuckAt = new Map();
	for (const s of f.trace) if (view.stuck.has(s.goroutine)) stuckAt.set(s.goroutine, s.n);
	const forced = f.trace[f.parts - 1];
	const why = forced && forced.off
		? 'here they part: the schedule has ' + view.title(forced.goroutine) + ' run, and ' + view.takenOff(forced, f) : 'here they part';
	for (let n = start; n < start + most; n++) {
		const a = f.trace[n - 1], b = passing.trace[n - 1];
		if (!a && !b) break;
		if (n === f.parts) rows.push(el('tr', { class: 'parting' }, el('td', { class: 'n' }, ''), el('td', { colspan: 2 }, why)));
		rows.push(el('tr', { class: n < f.parts ? 'same' : null }, el('td', { class: 'n' }, String(n)), cell(a, f), cell(b, passing)));
	}
	return el('section', { 'aria-labelledby': 'beside' }, el('h3', { id: 'beside' }, 'This schedule beside the run that ' + (passing.leaks ? 'only leaks' : 'passes')),
		departures(view),
		el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'steps of both runs' }, el('table', { class: 'beside' }, el('thead', {}, el('tr', {}, el('th', { class: 'n', scope: 'col' }, 'step'), el('th', { scope: 'col' }, 'this schedule'), el('th', { scope: 'col' }, f.inevitable ? 'the nearest run that ' + (passing.leaks ? 'only leaks' : 'passes') : 'the plain run, which passes'))), el('tbody', {}, rows))));
}

// ---- the order of locks ----

function lockOrder(view) {
	const order = view.f.locks;
	if (!order || !(order.edges || []).length) return null;
	const weight = id => order.edges.some(e => e.cycle && (e.from === id || e.to === id)) ? 2 : 0;
	const nodes = [...order.locks].sort((a, b) => weight(b.id) - weight(a.id) || a.id - b.id).slice(0, 12);
	const R = 105, W = 380, H = nodes.length > 2 ? 290 : 130, pos = new Map();
	nodes.forEach((o, i) => {
		const a = nodes.length === 2 ? Math.PI * i + Math.PI : 2 * Math.PI * i / nodes.length - Math.PI / 2;
		pos.set(o.id, [W / 2 + (R + 10) * Math.cos(a), H / 2 + R * Math.sin(a)]);
	});
	const drawn = new Map();
	for (const e of order.edges) {
		if (!pos.has(e.from) || !pos.has(e.to)) continue;
		const k = e.from + ' ' + e.to, have = drawn.get(k);
		drawn.set(k, { from: e.from, to: e.to, cycle: e.cycle || have && have.cycle });
	}
	const edges = [...drawn.values()].map(e => {
		const [x1, y1] = pos.get(e.from), [x2, y2] = pos.get(e.to), dx = x2 - x1, dy = y2 - y1, d = Math.hypot(dx, dy) || 1;
		const mx = (x1 + x2) / 2 - dy / d * 34, my = (y1 + y2) / 2 + dx / d * 34;
		const cut = (x, y) => { const a = mx - x, b = my - y, l = Math.hypot(a, b) || 1; return [x + a / l * 17, y + b / l * 17]; };
		const [ax, ay] = cut(x1, y1), [bx, by] = cut(x2, y2);
		return svg('path', { d: e.from === e.to ? `M${x1 - 10} ${y1 - 14}c-30 -50 50 -50 20 0` : `M${ax} ${ay}Q${mx} ${my} ${bx} ${by}`, class: 'lock-edge' + (e.cycle ? ' cycle' : ''), 'marker-end': 'url(#tip-' + (e.cycle ? 'lockred' : 'lockblue') + ')' });
	});
	const picture = svg('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': 'Which lock is taken while which is held; the same is in the list' },
		svg('defs', {}, ['red', 'blue'].map(c => svg('marker', { id: 'tip-lock' + c, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto', markerUnits: 'userSpaceOnUse', 'overflow': 'visible' }, svg('path', { d: 'M-4 -2 10 5 -4 12z', class: 'arrow-' + c })))), edges,
		nodes.map(o => { const [x, y] = pos.get(o.id); return [svg('circle', { cx: x, cy: y, r: 15 }), svg('text', { x, y: y + (y > H / 2 + 4 ? 27 : -27) }, clip(view.object(o.id), 24))]; }));
	const items = [...order.edges].sort((a, b) => (b.cycle ? 1 : 0) - (a.cycle ? 1 : 0)).slice(0, 14).map(e => el('li', { class: e.cycle ? 'cycle' : null }, view.title(e.goroutine) + ' holds ', el('b', {}, view.object(e.from)), ' (' + short(e.held) + ') and takes ', el('b', {}, view.object(e.to)), ' (' + short(e.acquired) + ')', e.cycle ? ', in the circle' : ''));
	return el('section', { 'aria-labelledby': 'order' }, el('h3', { id: 'order' }, 'The order in which locks are taken'), el('p', { class: 'hint' }, 'An arrow leads from a lock that is held to one that is taken meanwhile. Where arrows go round, goroutines can wait for each other.'),
		el('div', { class: 'locks' }, picture, el('ul', {}, items, order.edges.length > 14 && el('li', {}, 'and ' + (order.edges.length - 14) + ' more'))));
}

// ---- a finding ----

function races(view) {
	if (!view.f.races) return null;
	const r = view.f.races[0];
	return el('section', {}, el('h3', {}, 'The accesses that race'), el('div', { class: 'codes' }, (r.accesses || []).map(a => {
		const top = (a.stack || []).find(p => view.line(p.file, p.line) !== undefined);
		return el('figure', {}, el('figcaption', {}, el('b', {}, a.what), (a.hidden ? ' in a call' : '') + ' by ' + a.by + ' ', el('span', { class: 'at' }, top ? at(top) : '')), top && code(view, top.file, new Map([[top.line, { how: 'hot', text: a.what + (a.hidden ? ' in a call' : '') }]]), 3),
			el('pre', {}, (a.stack || []).map(p => p.function + '\n\t' + at(p)).join('\n')));
	})), view.f.races.length > 1 && el('p', { class: 'hint' }, 'and ' + plural(view.f.races.length - 1, 'further report') + ' of the same execution'));
}

// rounds counts what the goroutines of a livelock do again and again.
function rounds(view) {
	const f = view.f, steps = (f.trace || []).slice(-1000);
	if (f.verdict !== 'livelock' || !steps.length) return null;
	const count = new Map();
	for (const s of steps) {
		const key = s.goroutine + '\n' + view.step(s, f) + '\n' + s.place;
		const have = count.get(key) || { s, n: 0 };
		have.n++;
		count.set(key, have);
	}
	const rows = [...count.values()].sort((a, b) => b.n - a.n || a.s.goroutine - b.s.goroutine || a.s.n - b.s.n).slice(0, 20);
	return el('section', { 'aria-labelledby': 'rounds' }, el('h3', { id: 'rounds' }, 'Who goes round'), el('table', {}, el('caption', {}, 'in the last ' + steps.length + ' steps'),
		el('thead', {}, el('tr', {}, el('th', { class: 'n', scope: 'col' }, 'times'), el('th', { scope: 'col' }, 'goroutine'), el('th', { scope: 'col' }, 'does'))),
		el('tbody', {}, rows.map(r => el('tr', {}, el('td', { class: 'n' }, String(r.n)), el('td', {}, view.title(r.s.goroutine)), el('td', {}, view.step(r.s, f) + ' ', el('span', { class: 'at' }, at(view.place(r.s, f)))))))));
}

// stackCode shows the source at the innermost line of a stack that is known.
function stackCode(view) {
	const f = view.f;
	if (!f.stack) return null;
	const m = [...f.stack.matchAll(/^\t(.*):(\d+)$/gm)].find(x => view.line(x[1], +x[2]) !== undefined);
	return el('section', {}, el('h3', {}, f.panicked ? 'Where it panicked' : 'Where it is'), m && code(view, m[1], new Map([[+m[2], { how: 'hot', text: f.panicked || 'here' }]]), 3), el('pre', { tabindex: 0 }, f.stack));
}

function reproduced(f) {
	const r = f.reproduced;
	if (!r) return null;
	if (r.times === r.of && r.of > 0) return el('span', { class: 'tag ok' }, 'reproduced ' + r.times + ' of ' + r.of);
	return el('span', { class: 'tag gone' }, r.times ? 'reproduced ' + r.times + ' of ' + r.of : 'not reproduced');
}

function show(f) {
	const main = $('finding');
	if (!f) {
		main.replaceChildren(el('section', {}, el('p', {}, doc.findings.length ? 'No finding matches the filters.' : 'Nothing was found.')));
		return;
	}
	const view = new View(f), graph = drawGraph(view), codes = codeOf(view);
	const timeline = (f.trace || []).length ? new Timeline(view) : null;
	const facts = [f.evidence, f.steps ? plural(f.steps, 'step') : '', f.steps ? plural(f.preemptions || 0, 'preemption') : '', f.foundBy ? 'found by ' + f.foundBy : ''].filter(Boolean);
	document.title = f.verdict + ' in ' + f.test + ' - jostle';
	const note = f.reproduced && (f.reproduced.note || f.reproduced.times === 0);
	main.replaceChildren(...[
		el('p', { class: 'meta' }, el('span', { class: 'tag' }, words(f.verdict)), ' ', f.rule ? el('span', { class: 'tag rule' }, 'rule ' + f.rule + ': ' + f.ruleText) : '', ' ', reproduced(f), ' ' + [f.package, f.test].filter(Boolean).join(' ')),
		el('h2', { id: 'headline' }, f.headline),
		el('p', { class: 'meta' }, facts.join(' · ')),
		f.canceled && el('p', { class: 'meta' }, (f.canceled.at ? 'The context that ' + view.title(f.canceled.goroutine) + ' made at ' + at(f.canceled.at) : 'The context of the test') + ' was cancelled in step ' + f.canceled.step + ', as its owner may do at any time.'),
		f.fault && el('p', { class: 'meta' }, { cut: 'A connection was cut', refuse: 'A connection was refused', stall: 'A connection stood still from then on' }[f.fault.op] + ' (fault) in step ' + f.fault.step + ', by ' + view.title(f.fault.goroutine) + ' at ' + at(f.fault.at) + ', as a network may do at any time.'),
		note && el('section', { class: 'note' }, el('b', {}, f.reproduced.times ? 'Not every time' : 'It was not reproduced'), el('div', {}, f.reproduced.note || ''), !f.reproduced.times && el('div', {}, 'What follows is what its file says.')),
		contrast(view, timeline),
		f.advice && el('section', { class: 'change', 'aria-labelledby': 'change' }, el('h3', { id: 'change' }, 'What to change'), el('p', {}, f.advice)),
		graph && el('section', { 'aria-labelledby': 'who' }, el('h3', { id: 'who' }, 'Who waits for whom'), graph),
		!graph && (f.others || f.left || []).length > 0 && el('section', {}, alsoStuck(view)),
		races(view), stackCode(view), rounds(view),
		codes && el('section', { 'aria-labelledby': 'where' }, el('h3', { id: 'where' }, 'Where in the code'), codes),
		timeline && el('section', { 'aria-labelledby': 'how' }, el('h3', { id: 'how' }, 'How it came to that'), timeline.root, stepTable(view, timeline)),
		besides(view), lockOrder(view),
		el('section', {}, el('h3', {}, 'Run it again'), f.input && el('p', {}, 'The input'), f.input && el('pre', { tabindex: 0 }, f.input), f.replay && el('pre', { tabindex: 0 }, f.replay),
			f.output && el('details', {}, el('summary', {}, 'What the test printed'), el('pre', {}, f.output)),
			f.report && el('details', { open: !timeline && !graph && !(f.others || []).length }, el('summary', {}, 'The report as text'), el('pre', { tabindex: 0 }, f.report))),
	].filter(Boolean));
	main.timeline = timeline;
}

// ---- the list ----

let chosen = null;
const key = f => f.file || f.package + ' ' + f.test + ' ' + (f.cause || '');

function text(f) {
	if (!f.searched) {
		f.searched = [f.package, f.test, f.verdict, f.headline, f.report, f.ruleText, f.file, ...(f.goroutines || []).map(g => 'g' + g.id + ' ' + g.name), ...(f.objects || []).map(o => o.name || ''), ...(f.places || []).map(p => at(p) + ' ' + p.function)].join('\n').toLowerCase();
	}
	return f.searched;
}

function matching() {
	const [v, r, p, t] = ['by-verdict', 'by-rule', 'by-package', 'by-text'].map(id => $(id).value);
	const parts = t.toLowerCase().split(/\s+/).filter(Boolean);
	return doc.findings.filter(f => (!v || f.verdict === v) && (!r || String(f.rule || '') === r) && (!p || (f.package || '') === p) && parts.every(w => text(f).includes(w)));
}

function list() {
	const found = matching();
	$('list').replaceChildren(...found.map(f => el('li', {}, el('button', { type: 'button', 'aria-current': f === chosen ? 'true' : 'false', onclick: () => choose(f, true) },
		el('span', { class: 'tag' }, words(f.verdict)), f.rule ? [' ', el('span', { class: 'tag rule' }, 'rule ' + f.rule)] : '', f.reproduced && !f.reproduced.times ? [' ', el('span', { class: 'tag gone' }, 'not reproduced')] : '', el('div', {}, el('b', {}, f.test || '')), el('span', { class: 'of' }, f.headline), el('span', { class: 'of' }, f.package || ''), likeOf(f)))));
	$('shown').textContent = found.length === doc.findings.length ? plural(found.length, 'finding') : found.length + ' of ' + plural(doc.findings.length, 'finding');
	return found;
}

// likeOf says of which finding before it one comes of the same.
function likeOf(f) {
	const first = doc.findings.find(o => f.root && o.root === f.root);
	return first && first !== f && el('span', { class: 'of' }, 'comes of the same as that of ' + first.test);
}

function choose(f, byHand) {
	chosen = f;
	list();
	show(f);
	const current = $('list').querySelector('[aria-current="true"]'), nav = $('list').parentElement;
	if (current && nav.scrollHeight > nav.clientHeight) { // in sight, and nothing else moves for it
		const a = current.getBoundingClientRect(), b = nav.getBoundingClientRect();
		if (a.top < b.top || a.bottom > b.bottom) nav.scrollTop += a.top - b.top - 12;
	}
	if (!byHand) return;
	history.replaceState(null, '', '#' + encodeURIComponent(key(f)));
	const main = $('finding');
	if (main.getBoundingClientRect().top < 0 || main.getBoundingClientRect().top > window.innerHeight * 0.3) main.scrollIntoView();
	if (current) current.focus({ preventScroll: true });
}

function filter() {
	const found = list();
	if (!found.includes(chosen)) choose(found[0] || null);
}

const options = (id, values, name) => {
	for (const v of [...new Set(values)].filter(Boolean).sort()) $(id).append(el('option', { value: v }, name ? name(v) : v));
	$(id).addEventListener('change', filter);
};
options('by-verdict', doc.findings.map(f => f.verdict), words);
options('by-rule', doc.findings.map(f => f.rule ? String(f.rule) : ''), r => { const f = doc.findings.find(x => String(x.rule) === r); return r + (f && f.ruleText ? ' ' + clip(f.ruleText, 40) : ''); });
options('by-package', doc.findings.map(f => f.package));
$('by-text').addEventListener('input', filter);
$('filters').addEventListener('submit', e => e.preventDefault());
$('count').textContent = [plural(doc.findings.length, 'finding'), doc.tool, doc.go].filter(Boolean).join(' · ');
const asked = decodeURIComponent(location.hash.slice(1));
choose(doc.findings.find(f => key(f) === asked) || doc.findings[0] || null);
})();
