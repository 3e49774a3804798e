/// The page's script: shows, searches and filters all rows from the data in the page's head, a hundred at a time.
///
/// It makes elements and sets their text, and never parses markup. Lines are filtered as they are, and parsed when shown, so
/// that a hundred thousand cost a moment once.
///
/// What is filtered stands in the page's address, so that a link opens the same view: `#class=deactivate&q=smith`, with the
/// keys `q`, `class`, `kind`, `situation` and `because`. An address is anybody's to write: a key or a value that the
/// page's own controls do not have filters nothing.
enum PageScript {
    static let text: StaticString = #"""
        //<![CDATA[
        (function () {
          "use strict";
          var SIZE = 100, GROUP = 40;
          var words = JSON.parse(document.getElementById("words").textContent).classes;
          var source = document.getElementById("rows").textContent.trim();
          source = source.slice(1, source.lastIndexOf("]")).trim();
          var lines = source === "" ? [] : source.split(",\n");
          var form = document.getElementById("filters"), live = document.getElementById("live");
          if (!form || lines.length === 0) { return; }
          var PARTS = ["Loses access", "Changes", "Joins or comes back", "Memberships", "Quarantined", "Worth knowing"];
          var lose = ["deactivate", "delete", "groupDisable"], join = ["create", "reactivate", "restore"];
          var heads = [], classes = {}, situations = {};
          function partOf(kind, list) {
            if (kind === "m") { return 3; }
            if (kind === "q") { return 4; }
            if (kind === "n") { return 5; }
            if (list.some(function (c) { return lose.indexOf(c) >= 0; })) { return 0; }
            return list.some(function (c) { return join.indexOf(c) >= 0; }) ? 2 : 1;
          }
          lines.forEach(function (line, index) {
            var head = line.split('"', 8);
            var list = head[3].split(" ");
            list.forEach(function (c) { classes[c] = (classes[c] || 0) + 1; });
            situations[head[5]] = (situations[head[5]] || 0) + 1;
            heads.push({at: index, kind: head[1], list: list, situation: head[5], marks: head[7],
              from: head.slice(0, 8).join('"').length, part: partOf(head[1], list)});
          });
          function byId(id) { return document.getElementById(id); }
          function el(tag, name, text) {
            var e = document.createElement(tag);
            if (name) { e.className = name; }
            if (text !== undefined && text !== null) { e.textContent = text; }
            return e;
          }
          function add(parent) {
            for (var i = 1; i < arguments.length; i += 1) {
              if (arguments[i]) { parent.append(arguments[i]); }
            }
            return parent;
          }
          function options(id, counts, text) {
            Object.keys(counts).sort().forEach(function (key) {
              var o = el("option", "", text(key) + " (" + counts[key].toLocaleString("en") + ")");
              o.value = key;
              byId(id).append(o);
            });
          }
          options("f-class", classes, function (key) { return key; });
          options("f-sit", situations, function (key) { return key; });
          var needle = null;
          function shown(name, text) {
            var e = el("bdi", name);
            if (!needle) { e.textContent = text; return e; }
            var rest = String(text), at;
            var low = rest.toLowerCase();
            while ((at = low.indexOf(needle)) >= 0 && needle.length > 0 && low.length === rest.length) {
              add(e, rest.slice(0, at), el("mark", "", rest.slice(at, at + needle.length)));
              rest = rest.slice(at + needle.length);
              low = rest.toLowerCase();
            }
            e.append(rest);
            return e;
          }
          function who(name, display, anchor) {
            var cell = el("th", "who");
            cell.scope = "row";
            return add(cell, shown("name", display || name), display ? shown("login", name) : null,
              anchor ? shown("anchor", anchor) : null);
          }
          function pill(sign, word, tone) {
            var p = el("span", "pill " + tone), s = el("span", "", sign);
            s.setAttribute("aria-hidden", "true");
            return add(p, s, " " + word);
          }
          function value(text) { return text === null ? el("span", "empty", "none") : shown("", text); }
          function marks(cell, head) {
            head.marks.split(" ").forEach(function (m) {
              if (m === "drift") { add(cell, " ", el("span", "mark", "drift")); }
              else if (m === "group") { add(cell, " ", el("span", "kind", "group")); }
              else if (m !== "" && m !== "user") { add(cell, " ", el("span", "mark", "rule edit: " + m)); }
            });
          }
          function attributes(list, isNew) {
            var ul = el("ul", isNew ? "new" : "attrs");
            list.forEach(function (a) {
              var li = el("li");
              add(li, el("span", "path", a[0]), " ");
              if (isNew) { add(ul, add(li, value(a[2])), " "); return; }
              var pair = el("span", "values");
              add(pair, add(el("del"), value(a[1])), " ", el("span", "to", "→"), " ", add(el("ins"), value(a[2])));
              if (a[3]) { add(pair, " ", el("span", "mark", "drift")); }
              ul.append(add(li, pair));
            });
            return ul;
          }
          function why(head, reason) {
            return add(el("td", "why"), el("span", "sit", head.situation), " ", reason ? shown("", reason) : null);
          }
          function row(head) {
            var d = JSON.parse(lines[head.at]), tr = el("tr"), what = el("td", "what"), diff = el("td", "diff");
            head.list.forEach(function (c) { var w = words[c]; add(what, pill(w[0], w[1], w[2]), " "); });
            if (head.kind === "g") { add(what, " ", el("span", "kind", "group")); }
            marks(what, head);
            if (head.kind === "q") {
              add(diff, shown("", d[8][0] + ": " + d[8][1]), el("br"), add(el("strong"), "cure: "), shown("", d[8][2]));
              if (d[8][3]) { add(diff, el("br"), el("span", "muted", d[8][3])); }
            } else if (head.kind === "n") {
              add(diff, shown("", d[8][0]));
              if (d[8][1]) { add(diff, el("br"), el("strong", "", d[8][1])); }
            } else if (d[8].length > 0) {
              add(diff, attributes(d[8], head.list.indexOf("create") >= 0));
            }
            return add(tr, who(d[4], d[5], d[6]), what, diff, why(head, d[7]));
          }
          var open = {};
          function groupRow(item) {
            var tr = el("tr"), what = el("td", "what"), diff = el("td", "diff"), ul = el("ul", "members");
            var out = item.members.filter(function (m) { return m.list[0] === "memberRemove"; });
            var into = item.members.filter(function (m) { return m.list[0] !== "memberRemove"; });
            if (out.length) { add(what, pill("-", out.length.toLocaleString("en") + " out", "bad"), " "); }
            if (into.length) { add(what, pill("+", into.length.toLocaleString("en") + " in", "good")); }
            var all = out.concat(into), count = open[item.key] ? all.length : Math.min(all.length, GROUP), why = {};
            all.slice(0, count).forEach(function (head) {
              var d = JSON.parse(lines[head.at]), m = d[8], w = words[head.list[0]], li = el("li", w[2]);
              var sign = el("span", "sign", w[0]);
              sign.setAttribute("role", "img");
              sign.setAttribute("aria-label", head.list[0] === "memberRemove" ? "removed" : "added");
              var name = shown("", m[1] || m[0]);
              name.title = m[0];
              add(li, sign, " ", name);
              marks(li, head);
              add(ul, li, " ");
              why[d[7]] = true;
            });
            add(diff, ul);
            if (count !== all.length) {
              var b = el("button", "", "show all " + all.length.toLocaleString("en"));
              b.type = "button";
              b.addEventListener("click", function () { open[item.key] = true; draw(); });
              diff.append(b);
            }
            var cell = el("td", "why");
            Object.keys(why).sort().forEach(function (text) { add(cell, el("span", "", text), el("br")); });
            return add(tr, who(item.name[0], item.name[1], item.name[2]), what, diff, cell);
          }
          var items = [], total = {}, page = 0, matched = 0;
          function escaped(text) {
            return JSON.stringify(text).slice(1, -1).split("<").join("\\u003c").split(">").join("\\u003e")
              .split("&").join("\\u0026");
          }
          function pattern(text) { return new RegExp(text.replace(/[.*+?^${}()|[\]\\\/]/g, "\\$&"), "iu"); }
          function says(word, value) {
            return typeof value === "string" ? word.test(value)
              : Array.isArray(value) && value.some(function (v) { return says(word, v); });
          }
          function select() {
            var q = byId("q").value.trim(), c = byId("f-class").value, k = byId("f-kind").value;
            var s = byId("f-sit").value, m = byId("f-mark").value, groups = {};
            needle = q ? q.toLowerCase() : null;
            var test = q ? pattern(escaped(q)) : null, word = q ? pattern(q) : null;
            items = [];
            total = {};
            matched = 0;
            document.body.classList.toggle("filtered", Boolean(q || c || k || s || m));
            heads.forEach(function (head) {
              if (c && head.list.indexOf(c) < 0) { return; }
              if (k && head.kind !== k) { return; }
              if (s && head.situation !== s) { return; }
              if (m && head.marks.split(" ").indexOf(m) < 0) { return; }
              if (test && !test.test(lines[head.at].slice(head.from))) { return; }
              if (word && !says(word, JSON.parse(lines[head.at]).slice(4))) { return; }
              matched += 1;
              total[head.part] = (total[head.part] || 0) + 1;
              if (head.kind !== "m") { items.push({part: head.part, head: head, first: head.at}); return; }
              var d = JSON.parse(lines[head.at]), key = (d[6] === null ? "n" + d[4] : "a" + d[6]);
              var g = groups[key];
              if (!g) {
                g = groups[key] = {part: 3, key: key, name: [d[4], d[5], d[6]], members: [], first: head.at, out: 1};
                items.push(g);
              }
              g.members.push(head);
              if (head.list[0] === "memberRemove") { g.out = 0; }
            });
            items.sort(function (a, b) { return a.part - b.part || (a.out || 0) - (b.out || 0) || a.first - b.first; });
            page = 0;
            draw();
            remember();
          }
          var fields = {"q": "q", "class": "f-class", "kind": "f-kind", "situation": "f-sit", "because": "f-mark"};
          function remember() {
            var view = new URLSearchParams();
            Object.keys(fields).forEach(function (key) {
              var value = byId(fields[key]).value.trim();
              if (value) { view.set(key, value); }
            });
            var text = view.toString();
            if (!text && location.hash.indexOf("=") < 0) { return; }
            // A browser may refuse, as one does that is asked too often; the page is the same without.
            try { history.replaceState(null, "", text ? "#" + text : location.href.split("#")[0]); } catch (refusal) { return; }
          }
          function fill(id, value) {
            var field = byId(id);
            var isOurs = field.options
              ? Array.prototype.some.call(field.options, function (o) { return o.value === value; })
              : value.length <= field.maxLength;
            field.value = isOurs ? value : "";
          }
          function follow() {
            var text = location.hash.slice(1);
            if (text.indexOf("=") < 0) { return false; }
            var view = new URLSearchParams(text);
            Object.keys(fields).forEach(function (key) { fill(fields[key], view.get(key) || ""); });
            select();
            if (document.body.classList.contains("filtered")) { byId("changes").scrollIntoView(); }
            return true;
          }
          function pager() {
            var pages = Math.max(1, Math.ceil(items.length / SIZE)), bar = el("div", "pager");
            var text = (matched === lines.length ? "All " : matched.toLocaleString("en") + " of ")
              + lines.length.toLocaleString("en") + (lines.length === 1 ? " line" : " lines");
            var found = el("p", "found", text);
            found.setAttribute("role", "status");
            add(bar, found);
            if (pages !== 1) {
              var back = el("button", "", "Back"), next = el("button", "", "Next");
              back.type = next.type = "button";
              back.disabled = page === 0;
              next.disabled = page === pages - 1;
              back.addEventListener("click", function () { page -= 1; draw(true); });
              next.addEventListener("click", function () { page += 1; draw(true); });
              add(bar, back, el("span", "", "page " + (page + 1).toLocaleString("en") + " of " + pages.toLocaleString("en")), next);
            }
            return bar;
          }
          function draw(scroll) {
            var table = el("table", "changes"), head = el("tr"), body = null, last = -1;
            ["Who", "Change", "From and to", "Why"].forEach(function (t) {
              var th = el("th", "", t);
              th.scope = "col";
              head.append(th);
            });
            table.append(add(el("thead"), head));
            items.slice(page * SIZE, page * SIZE + SIZE).forEach(function (item) {
              if (item.part !== last) {
                last = item.part;
                body = el("tbody");
                table.append(body);
                var th = el("th", "", PARTS[last] + " ");
                th.colSpan = 4;
                th.scope = "rowgroup";
                th.append(el("span", "n", total[last].toLocaleString("en")));
                body.append(add(el("tr", "part"), th));
              }
              body.append(item.head ? row(item.head) : groupRow(item));
            });
            live.replaceChildren(pager(), items.length ? add(el("div", "scroll"), table) : el("p", "none", "Nothing matches."));
            if (scroll) { byId("changes").scrollIntoView(); }
          }
          var timer = 0;
          form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(select, 120); });
          form.addEventListener("submit", function (event) { event.preventDefault(); select(); });
          form.addEventListener("reset", function () { setTimeout(select, 0); });
          document.querySelectorAll("a[data-class],a[data-situation]").forEach(function (link) {
            link.addEventListener("click", function () {
              form.reset();
              fill("f-class", link.dataset.class || "");
              fill("f-sit", link.dataset.situation || "");
              setTimeout(select, 0);
            });
          });
          form.hidden = false;
          live.hidden = false;
          byId("static").hidden = true;
          window.addEventListener("hashchange", follow);
          if (!follow()) { select(); }
        }());
        //]]>
        """#
}
