import ServiceKit

/// Draws a report as one HTML page that needs nothing else: no script, no font, no picture from outside.
struct TrainingReportPage {
    private let report: TrainingReport

    init(_ report: TrainingReport) { self.report = report }

    func html() -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Segue model \(ReportChart.escaped(report.version))</title>
        <style>\(Self.style)</style></head>
        <body><main>\(header())\(tiles())<div class="cards">\(charts())</div>\(neighbors())\(tables())</main></body></html>

        """
    }

    private func header() -> String {
        let heldOut = report.heldOutFrom.flatMap { from in report.heldOutThrough.map { "held out \(from) … \($0)" } }
        let facts = [
            "\(report.windowFrom) … \(report.windowThrough)", heldOut, "lake version \(report.lakeVersion)",
            "\(HumanText.count(report.events)) events",
            "made \(UTCTime(epochMilliseconds: report.createdAt).text.prefix(16).replacing("T", with: " ")) UTC",
        ].compactMap { $0 }
        return """
            <header><p class="brand">segue</p><h1>Model \(ReportChart.escaped(report.version))</h1>
            <p class="facts">\(facts.map(ReportChart.escaped).joined(separator: " · "))</p>\(verdict())</header>
            """
    }

    /// A run that does not serve says so before anything else.
    private func verdict() -> String {
        guard let reason = report.reason else { return "" }
        return "<p class=\"verdict\"><b>Not published.</b> \(ReportChart.escaped(reason))</p>"
    }

    private func tiles() -> String {
        var tiles = [
            ("listeners", HumanText.count(report.users), ""), ("songs", HumanText.count(report.items), ""),
            ("pairs", HumanText.count(report.entries), ""),
        ]
        for name in ["ndcg@10", "recall@20", "coverage@20"] {
            guard let value = report.metrics[name] else { continue }
            let popular = report.metrics["popularity.\(name)"]
            let note = popular.map { $0 > 0 ? "\(HumanText.fixed(value / $0, digits: 1))× popularity" : "" } ?? ""
            tiles.append((name, HumanText.fixed(value, digits: 4), note))
        }
        let all = tiles.map { name, value, note in
            "<div class=\"tile\"><b>\(value)</b><span>\(name)</span><small>\(note)</small></div>"
        }
        return "<section class=\"tiles\">\(all.joined())</section>"
    }

    private func card(_ title: String, _ note: String, _ body: String) -> String {
        "<section class=\"card\"><h2>\(title)</h2><p>\(note)</p>\(body)</section>"
    }

    private func charts() -> String {
        var cards: [String] = []
        for series in report.objective {
            let days =
                series.name == RunCourses.allDays
                ? "all days, going on from there" : "the days before the held-out ones"
            cards.append(
                card(
                    "Objective, \(series.name)", "after each iteration on \(days); it must fall",
                    ReportChart.line(points(series), label: "objective by iteration", digits: 0)))
        }
        if let metric = report.metric, !metric.values.isEmpty {
            cards.append(
                card(
                    "Held-out metric",
                    "\(metric.name) of some of the listeners on the held-out days, as training went on",
                    ReportChart.line(points(metric), label: "metric by iteration", digits: 4)))
        }
        cards.append(
            card(
                "Scores", "how much listeners like the songs they heard, and the others, says the model",
                ReportChart.histograms(report.scores, label: "distribution of scores")))
        cards.append(
            card(
                "Lengths of vectors", "a long vector is a strong opinion: popular songs, eager listeners",
                ReportChart.histograms(report.norms, label: "distribution of vector lengths")))
        cards.append(
            card(
                "Popularity",
                "tenths of the songs, most heard first; first 20 places of \(report.listedUsers) listeners",
                ReportChart.bars(
                    report.deciles.map { [$0.coverage, $0.places, $0.listens] },
                    names: ["songs that are listed", "share of list places", "share of listening"],
                    label: "coverage by popularity decile")))
        cards.append(card("Against earlier runs", "ndcg@10 on each run's own held-out days", runs()))
        cards.append(card("Time", "by stage, until this page was written", time()))
        return cards.joined()
    }

    private func points(_ series: TrainingReport.Series) -> [ReportChart.Point] {
        zip(series.steps, series.values).map { step, value in
            .init(x: Double(step), y: value, label: "\(step)", title: "iteration \(step)")
        }
    }

    private func runs() -> String {
        var all = report.runs
        if let own = report.metrics[HeldOutEvaluation.gateMetric] {
            all.append(.init(version: report.version, status: report.status.rawValue, metric: own))
        }
        let points = all.enumerated().map { place, run in
            ReportChart.Point(
                x: Double(place), y: run.metric,
                label: place == all.count - 1 ? "this run" : (place == 0 ? "oldest" : ""),
                title: "\(run.version), \(run.status)",
                isMarked: run.status == TrainingReport.Status.rejected.rawValue)
        }
        let chart = ReportChart.line(points, label: "metric by run", digits: 4)
        return all.contains { $0.status == TrainingReport.Status.rejected.rawValue }
            ? chart + ReportChart.legend(["published", "rejected"]) : chart
    }

    /// Stages by the time they took, up to when the page was written.
    private func time() -> String {
        let stages = report.seconds.sorted { $0.value > $1.value }
        let longest = max(stages.first?.value ?? 0, 1e-9)
        let rows = stages.map { name, seconds in
            "<li><span>\(ReportChart.escaped(name))</span>"
                + "<i style=\"--w:\(HumanText.fixed(100 * seconds / longest, digits: 1))%\"></i>"
                + "<b>\(HumanText.fixed(seconds, digits: 2)) s</b></li>"
        }
        return "<ol class=\"bars\">\(rows.joined())</ol>"
    }

    private func neighbors() -> String {
        let songs = report.neighborhoods.map { song in
            let near = song.neighbors.map { neighbor in
                let width = HumanText.fixed(100 * max(0, min(1, neighbor.cosine)), digits: 0)
                return "<li><span>\(ReportChart.escaped(neighbor.song))</span>"
                    + "<em style=\"--w:\(width)%\">\(HumanText.fixed(neighbor.cosine, digits: 2))</em></li>"
            }
            return "<div><h3>\(ReportChart.escaped(song.song))</h3><ol>\(near.joined())</ol></div>"
        }
        guard !songs.isEmpty else { return "" }
        return """
            <section class="card wide"><h2>Neighbours</h2><p>the songs with most listeners, and what lies nearest by cosine</p>
            <div class="songs">\(songs.joined())</div></section>
            """
    }

    private func tables() -> String {
        let names = report.metrics.keys.filter {
            !$0.hasPrefix("popularity.") && !$0.contains("-error") && $0 != "users"
        }
        let metrics = names.sorted().map { name -> String in
            let parts = name.split(separator: "@")
            let error = parts.count == 2 ? report.metrics["\(parts[0])-error@\(parts[1])"] : nil
            let interval = error.map { " ± \(HumanText.fixed(1.96 * $0, digits: 4))" } ?? ""
            let popular = report.metrics["popularity.\(name)"].map { HumanText.fixed($0, digits: 4) } ?? "–"
            let value = HumanText.fixed(report.metrics[name] ?? 0, digits: 4) + interval
            return "<tr><td>\(name)</td><td>\(value)</td><td>\(popular)</td></tr>"
        }
        let parameters = report.parameters.sorted { $0.key < $1.key }.map {
            "<tr><td>\(ReportChart.escaped($0.key))</td><td>\(ReportChart.escaped($0.value))</td></tr>"
        }
        return """
            <div class="cards"><section class="card"><h2>Metrics</h2><table><tr><th></th><th>model</th><th>popularity</th></tr>\(metrics.joined())</table></section>
            <section class="card"><h2>Parameters</h2><table>\(parameters.joined())</table></section></div>
            """
    }

    private static let style = """
        :root{--back:#f6f5f2;--card:#fff;--ink:#1c1b22;--soft:#6d6a78;--rule:#e4e1da;--a:#5b4bdb;--b:#e0702f;--c:#1d9a78}
        @media(prefers-color-scheme:dark){:root{--back:#131218;--card:#1c1b23;--ink:#ecebf2;--soft:#9a97a8;--rule:#302e3a;--a:#9d90ff;--b:#ff9d5c;--c:#4fd1aa}}
        *{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:1180px;margin:0 auto;padding:40px 24px 64px}.brand{margin:0;color:var(--a);font-weight:700;letter-spacing:.14em;text-transform:uppercase;font-size:12px}
        h1{margin:4px 0 6px;font-size:28px;letter-spacing:-.01em;overflow-wrap:anywhere}.facts{margin:0;color:var(--soft)}
        .verdict{margin:16px 0 0;padding:12px 16px;border-left:4px solid var(--b);background:var(--card);border-radius:0 10px 10px 0}
        h2{margin:0;font-size:16px}h3{margin:0 0 6px;font-size:14px}.card>p,.none{margin:2px 0 10px;color:var(--soft);font-size:13px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px;margin:26px 0 14px}
        .tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:14px;padding:16px 18px}
        .tile b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft)}.tile small{display:block;color:var(--c);min-height:1.4em}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}.cards>.card:last-child:nth-child(odd){grid-column:1/-1}.wide{margin:14px 0}
        svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--soft);font-variant-numeric:tabular-nums}.grid{stroke:var(--rule)}
        .line{fill:none;stroke-width:2.2;stroke-linejoin:round}.line.s0{stroke:var(--a)}circle{stroke:var(--card);stroke-width:1.4}.dot.s0,.bar.s0,i.s0{fill:var(--a);background:var(--a)}
        .dot.s1,.bar.s1,i.s1{fill:var(--b);background:var(--b)}.bar.s2,i.s2{fill:var(--c);background:var(--c)}
        .area{fill-opacity:.32;stroke-width:1.6}.area.s0{fill:var(--a);stroke:var(--a)}.area.s1{fill:var(--b);stroke:var(--b)}
        .legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin:8px 0 0;font-size:13px;color:var(--soft)}.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}
        .songs{display:grid;grid-template-columns:repeat(auto-fit,minmax(290px,1fr));gap:18px 28px}ol{list-style:none;margin:0;padding:0;font-size:13px}
        li{display:flex;gap:12px;justify-content:space-between;padding:3px 0;border-top:1px solid var(--rule)}li span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        em{font-style:normal;color:var(--soft);flex:0 0 74px;text-align:right;font-variant-numeric:tabular-nums;background:linear-gradient(var(--a),var(--a)) 0 50%/calc(var(--w)*.5) 4px no-repeat}
        .bars li{align-items:center;border:0;padding:5px 0}.bars span{flex:0 0 76px}.bars i{flex:1;height:14px;border-radius:4px;background:linear-gradient(var(--a),var(--a)) 0 0/var(--w) 100% no-repeat,var(--back)}
        .bars b{flex:0 0 64px;text-align:right;font-weight:400;font-variant-numeric:tabular-nums}
        table{width:100%;border-collapse:collapse;margin-top:8px;font-size:13px;font-variant-numeric:tabular-nums}td,th{padding:4px 0;border-top:1px solid var(--rule);text-align:right}
        td:first-child,th:first-child{text-align:left;color:var(--soft)}tr:first-child>*{border-top:0}
        @media print{body{background:#fff}.card,.tile{break-inside:avoid}}
        """
}
