/// The page's style sheet. Colours keep a contrast of at least 4.5 to 1 for text, in both schemes.
enum PageStyle {
    static let text: StaticString = """
        /*<![CDATA[*/
        :root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--ink:#1a212d;--soft:#566072;--line:#e2e5ea;--track:#e9ecf1;
        --accent:#2450c4;--bad:#b3261e;--bad-bg:#fdecea;--bad-line:#f2b8b3;--good:#0b6b3a;--good-bg:#e6f5ec;--edit:#8a4b00;
        --edit-bg:#fdf1dc;--warn:#8a4b00;--warn-bg:#fdf1dc;--warn-line:#eec98a;--name:#4a3fb5;--name-bg:#edebfb;
        --plain:#6b7688;--shadow:0 1px 2px rgba(16,24,40,.06),0 1px 3px rgba(16,24,40,.08);--mark:#fff3b8}
        @media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#171b22;--ink:#e7eaf0;--soft:#a3adbc;--line:#2a303a;
        --track:#262c36;--accent:#8fb0ff;--bad:#ff9d94;--bad-bg:#3b1a18;--bad-line:#7a322c;--good:#74d6a0;--good-bg:#12301f;
        --edit:#f0b866;--edit-bg:#35260e;--warn:#f0b866;--warn-bg:#35260e;--warn-line:#6b4d1a;--name:#b7aeff;--name-bg:#25214a;
        --plain:#8b96a8;--shadow:0 1px 2px rgba(0,0,0,.4);--mark:#5b4d10}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Inter,
        "Noto Sans","Helvetica Neue",Arial,sans-serif}
        code,pre,.anchor{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
        code{font-size:.9em;overflow-wrap:anywhere}
        a{color:var(--accent)}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
        .skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px 12px;z-index:2}
        main,.inner,footer{max-width:1120px;margin:0 auto;padding:0 24px}
        h1,h2,h3,p,ul,dl,dd{margin:0;padding:0}
        ul{list-style:none}
        [hidden]{display:none!important}
        .vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .muted,.note,.none,.more{color:var(--soft)}
        .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .mast{background:var(--card);border-bottom:1px solid var(--line);border-top:6px solid var(--accent);padding:26px 0 22px}
        .mast.bad{border-top-color:var(--bad)}.mast.good{border-top-color:var(--good)}.mast.warn{border-top-color:var(--warn)}
        .whose{color:var(--soft);display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center}
        .badge{margin-left:auto;font-weight:600;font-size:13px;padding:3px 12px;border-radius:99px;background:var(--name-bg);
        color:var(--name)}
        .badge.bad{background:var(--bad);color:var(--card)}.badge.good{background:var(--good-bg);color:var(--good)}
        .badge.warn{background:var(--warn-bg);color:var(--warn)}
        h1{font-size:30px;line-height:1.22;font-weight:650;letter-spacing:-.015em;margin:14px 0 6px;max-width:30em;
        text-wrap:balance}
        h1 .state{color:var(--soft);font-weight:500}
        .mast.bad h1 .state{color:var(--bad)}
        .others{font-size:17px;color:var(--soft)}
        .facts{display:flex;flex-wrap:wrap;gap:8px 32px;margin-top:18px}
        .facts dt{font-size:.82em;color:var(--soft)}.facts dd{font-variant-numeric:tabular-nums}
        main{padding-top:20px}
        section,.box{background:var(--card);border:1px solid var(--line);border-radius:10px;box-shadow:var(--shadow);
        padding:20px 22px;margin:0 0 18px}
        h2{font-size:18px;font-weight:650;letter-spacing:-.005em;margin-bottom:4px}
        h3{font-size:15px;font-weight:650;margin-bottom:6px}
        .n{font-size:.8em;font-weight:500;color:var(--soft);background:var(--track);border-radius:99px;padding:1px 9px;
        margin-left:4px;font-variant-numeric:tabular-nums;vertical-align:.08em}
        section>h2{margin-bottom:12px}section>h2:has(+.note){margin-bottom:4px}
        .note{margin-bottom:14px}
        .box.bad{border-color:var(--bad-line);background:var(--bad-bg)}.box.bad h2{color:var(--bad)}
        .box.warn{border-color:var(--warn-line);background:var(--warn-bg)}.box.warn h2{color:var(--warn)}
        .box.good{background:var(--good-bg);border-color:transparent;color:var(--good)}
        .box ul:not(.gates){list-style:disc;padding-left:20px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(116px,1fr));gap:12px;margin-bottom:18px}
        .tile a{display:block;height:100%;background:var(--card);border:1px solid var(--line);border-radius:10px;
        box-shadow:var(--shadow);padding:12px 14px;line-height:1.35;text-decoration:none;color:var(--soft);border-left:4px solid var(--line)}
        .tile a:hover{border-color:var(--accent)}
        .tile strong{display:block;font-size:26px;line-height:1.15;font-weight:650;color:var(--ink);
        font-variant-numeric:tabular-nums}
        .tile.bad a{border-left-color:var(--bad)}.tile.bad strong{color:var(--bad)}
        .tile.good a{border-left-color:var(--good)}.tile.edit a{border-left-color:var(--edit)}
        .tile.warn a{border-left-color:var(--warn)}.tile.name a{border-left-color:var(--name)}
        .tile.zero strong{color:var(--soft);font-weight:500}
        .two{display:grid;grid-template-columns:1fr 1fr;gap:12px 36px;align-items:start}
        table{border-collapse:collapse;width:100%}
        caption{text-align:left;font-weight:600;padding-bottom:6px}
        th{text-align:left;font-weight:inherit}
        .chart th{padding:3px 12px 3px 0;white-space:nowrap;width:1%}
        .chart td{padding:3px 12px 3px 0}
        .chart .num{width:1%}.chart a{color:inherit;text-decoration-color:var(--line);text-underline-offset:3px}
        .chart a:hover{text-decoration-color:currentColor}
        .meaning{display:block;font-size:12px;color:var(--soft);line-height:1.3}
        .barcell{min-width:80px}
        .bar{display:block;width:100%;height:10px;border-radius:5px}
        .bar .track{fill:var(--track)}.bar .fill{fill:var(--plain)}.bar .limit{fill:var(--ink)}
        .bar.bad .fill{fill:var(--bad)}.bar.good .fill{fill:var(--good)}.bar.edit .fill{fill:var(--edit)}
        .bar.warn .fill{fill:var(--warn)}.bar.name .fill{fill:var(--name)}
        .pill{display:inline-block;font-size:12.5px;font-weight:600;line-height:1.3;padding:3px 9px;border-radius:99px;
        background:var(--track);color:var(--ink);white-space:nowrap;margin:0 2px 3px 0}
        .pill.bad{background:var(--bad-bg);color:var(--bad)}.pill.good{background:var(--good-bg);color:var(--good)}
        .pill.edit,.pill.warn{background:var(--edit-bg);color:var(--edit)}.pill.name{background:var(--name-bg);color:var(--name)}
        .tripped .pill.bad{background:var(--bad);color:var(--card)}
        .kind,.mark{display:inline-block;font-size:12px;color:var(--soft);border:1px solid var(--line);border-radius:4px;
        padding:0 6px;white-space:nowrap}
        .mark{color:var(--name);border-color:currentColor}
        .gates{display:grid;gap:0}
        .gate{display:grid;grid-template-columns:minmax(220px,2fr) minmax(200px,3fr) minmax(300px,2.6fr);gap:2px 18px;
        align-items:center;padding:9px 0;border-top:1px solid var(--line)}
        .box.bad .gate{border-color:var(--bad-line)}
        .gate:first-child{border-top:0}
        .verdict{display:flex;gap:8px;align-items:center}.verdict .pill{margin:0}
        .close{display:grid;grid-template-columns:1fr 150px;gap:12px;align-items:center;font-size:13px;
        font-variant-numeric:tabular-nums;color:var(--soft)}
        .box.bad .close,.box.bad .detail{color:var(--ink)}.box.bad .track{fill:var(--card)}
        .tripped .detail{font-weight:600}
        .scroll{overflow-x:auto}
        .changes{table-layout:fixed}
        .changes thead th{font-size:12.5px;color:var(--soft);font-weight:500;padding:6px 12px 6px 0;
        border-bottom:1px solid var(--line);white-space:nowrap}
        .changes td,.changes tbody th{padding:10px 14px 10px 0;vertical-align:top;border-bottom:1px solid var(--line);
        overflow-wrap:anywhere}
        .changes tbody tr:last-child>*{border-bottom:0}
        .changes thead th:nth-child(1){width:27%}.changes thead th:nth-child(2){width:12%}
        .changes thead th:nth-child(3){width:40%}
        .due thead th:nth-child(1){width:15%}.due thead th:nth-child(2){width:29%}.due thead th:nth-child(3){width:14%}
        .aside thead th:nth-child(2){width:16%}.aside thead th:nth-child(3){width:30%}.notes thead th:nth-child(2){width:36%}
        .tall{max-height:440px;overflow:auto}
        .changes tr.part th{padding:18px 0 6px;font-weight:650;border-bottom:1px solid var(--line)}
        .who bdi{display:block}
        .who .name{font-weight:600}.who .login{color:var(--soft)}
        .who .anchor{color:var(--soft);font-size:11px;margin-top:2px}
        .attrs{display:grid;grid-template-columns:fit-content(48%) 1fr;gap:2px 12px}.attrs li{display:contents}
        .path{color:var(--soft)}
        del{text-decoration:none;color:var(--bad);background:var(--bad-bg);border-radius:3px;padding:0 4px}
        ins{text-decoration:none;color:var(--good);background:var(--good-bg);border-radius:3px;padding:0 4px}
        del:has(.empty),ins:has(.empty){background:none;padding:0}
        .empty{color:var(--soft);font-style:italic}
        .to{color:var(--soft)}
        .new li,.members li{display:inline}
        .new li:not(:last-child)::after{content:"; ";color:var(--soft)}
        .members li{display:inline-block;margin:0 14px 2px 0}
        .members .sign{font-weight:700}.members .bad .sign{color:var(--bad)}.members .good .sign{color:var(--good)}
        .members .bad bdi{text-decoration:line-through;text-decoration-color:var(--bad)}
        .why,.cure{font-size:13.5px;color:var(--soft)}
        .cure{color:var(--ink)}
        .place{display:block}
        .sit{font-size:12px;font-weight:600;letter-spacing:.02em;text-decoration:none;color:var(--ink)}
        .when{white-space:nowrap;font-variant-numeric:tabular-nums;font-weight:600}
        .cut{background:var(--warn-bg);color:var(--warn);border-radius:6px;padding:8px 12px;margin-bottom:10px}
        .filters{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:end;margin-bottom:12px;position:sticky;top:0;
        background:var(--card);padding:8px 0;z-index:1;border-bottom:1px solid var(--line)}
        .field{display:grid;gap:2px}.field.wide{flex:1 1 200px}.field select{max-width:170px}
        .field label,.lines label,legend{font-size:12.5px;color:var(--soft)}
        input,select,button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--plain);border-radius:6px;
        padding:5px 9px;min-height:34px;max-width:100%}
        input[type=radio]{min-height:0;accent-color:var(--accent)}
        button{cursor:pointer}button:disabled{opacity:.5;cursor:default}
        .pager{display:flex;flex-wrap:wrap;gap:10px;align-items:center;margin:4px 0 8px;color:var(--soft)}
        .pager .found{margin-right:auto;color:var(--ink);font-weight:600}
        mark{background:var(--mark);color:inherit}
        .list{display:grid;grid-template-columns:minmax(120px,max-content) 1fr;gap:6px 18px}
        .list dt{color:var(--soft)}.list dd{overflow-wrap:anywhere}
        .files{margin-bottom:16px}
        .files th,.files td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
        .files thead th{font-size:12.5px;color:var(--soft)}
        .names{columns:2;column-gap:24px}.names li{break-inside:avoid}
        .edit.bad h3{color:var(--bad)}
        pre{margin:8px 0 14px;padding:12px 14px;background:var(--page);border:1px solid var(--line);border-radius:6px;
        white-space:pre-wrap;overflow-wrap:anywhere}
        .sign>p{margin-bottom:10px}
        .lines{display:grid;grid-template-columns:2fr 1fr 2fr;gap:14px 22px;margin:16px 0 8px;align-items:end}
        .lines p{display:grid;gap:2px;margin:0}.lines .remarks{grid-column:1/-1}
        .lines input[type=text]{border:0;border-bottom:1.5px solid var(--plain);border-radius:0;background:none;padding:4px 2px}
        fieldset{border:0;padding:0;margin:0;display:flex;gap:6px 18px;flex-wrap:wrap}
        fieldset label{color:var(--ink)!important;font-size:15px!important}
        footer{padding-bottom:40px;color:var(--soft);font-size:13px}
        @media screen and (max-width:760px){
        main,.inner,footer{padding:0 14px}main{padding-top:14px}.meaning{white-space:normal}h1{font-size:23px}section,.box{padding:16px 14px}
        .badge{margin-left:0}.two,.lines{grid-template-columns:1fr}.gate{grid-template-columns:1fr}
        .tiles{grid-template-columns:1fr 1fr}.tiles>:last-child:nth-child(odd){grid-column:1/-1}.names{columns:1}.list{grid-template-columns:1fr;gap:0}.list dd{margin-bottom:8px}
        .filters{position:static}.field{flex:1 1 40%}.field select{width:100%}
        .scroll{overflow-x:visible}.changes,.changes tbody,.changes tr,.changes td,.changes tbody th{display:block;width:auto}
        .changes thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .changes td,.changes tbody th{border:0;padding:2px 0}
        .changes tbody tr{border-bottom:1px solid var(--line);padding:10px 0}
        .changes tr.part{padding:10px 0 0}.changes tr.part th{padding:8px 0 4px;border:0}
        }
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
        @media print{
        :root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--track:#ddd;--accent:#000;--bad:#8c1d18;--bad-bg:#fff;
        --bad-line:#8c1d18;--good:#0b5a31;--good-bg:#fff;--edit:#6b3a00;--edit-bg:#fff;--warn:#6b3a00;--warn-bg:#fff;
        --warn-line:#6b3a00;--name:#3b3290;--name-bg:#fff;--plain:#555;--shadow:none;color-scheme:light}
        @page{margin:14mm 12mm}
        body{font-size:10.5px}h1{font-size:20px}h2{font-size:14px;break-after:avoid}.others{font-size:12px}
        main,.inner,footer{max-width:none;padding:0}.mast{padding:8px 0 10px}
        section,.box{border-radius:0;padding:10px 0;margin:0;border-width:1px 0 0}.box{border-width:1px;padding:8px 10px;margin:8px 0}
        .tiles{grid-template-columns:repeat(5,1fr)}.tile strong{font-size:18px}
        .two{grid-template-columns:1fr 1fr}.gate{grid-template-columns:2fr 2.4fr 3fr;padding:5px 0}.pill,.badge,del,ins{border:1px solid currentColor}
        .who .anchor{font-size:7.5px}.pill,.kind,.mark,.sit,.meaning,.changes thead th,.why,.cure,.close{font-size:9px}
        tr,.gate,.tile{break-inside:avoid}.tall{max-height:none;overflow:visible}thead{display:table-header-group}.changes td,.changes tbody th{padding:5px 10px 5px 0}.changes tr.part th{padding:8px 0 4px}tr.part{break-after:avoid}
        .skip,.filters,.pager button,footer,.sign .muted{display:none!important}
        body:not(.filtered) #live{display:none!important}
        body:not(.filtered) #static{display:block!important}
        .bar,.tile a,.pill{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        .sign{break-inside:avoid}.lines{grid-template-columns:2fr 1fr 2fr}.field label,.lines label,legend,fieldset label{font-size:10px!important}.lines input[type=text]{min-height:28px}a{color:inherit;text-decoration:none}
        }
        /*]]>*/
        """
}
