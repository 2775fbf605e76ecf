//! A headless Chromium, driven through `chromedriver` (W3C `WebDriver` over HTTP).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use test_guests::parts::Part;

use super::wait::{until, within};

/// The name of an element's id in an answer (`WebDriver`, "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window, for one person who reads one language; it is closed when dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Child,
    client: Client,
    port: u16,
    session: String,
}

impl Browser {
    /// Nothing where no browser is installed, which is said aloud; on the machine that decides (`CI=true`) it is a failure.
    pub(crate) async fn open(language: &str) -> Option<Self> {
        if !Part::Chromium.is_here_or_said() {
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            line.unwrap()
                .split_once("successfully on port ")?
                .1
                .trim_end_matches('.')
                .parse()
                .ok()
        });
        // Whoever writes to a pipe that nobody reads would stop one day.
        std::thread::spawn(move || lines.count());
        // The server under test may have chosen it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut browser = Self {
            driver,
            client: Client::builder().no_proxy().build().unwrap(),
            port: port.expect("chromedriver says its port"),
            session: String::new(),
        };
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
            "prefs": {"intl.accept_languages": language},
        });
        let wanted =
            json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let session = browser
            .ask(Method::POST, "", &json!({"capabilities": {"alwaysMatch": wanted}}))
            .await;
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    pub(crate) async fn go(&self, url: &str) {
        self.ask(Method::POST, "/url", &json!({"url": url})).await;
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.ask(Method::POST, "/refresh", &json!({})).await;
    }

    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.ask(Method::POST, &format!("/element/{element}/click"), &json!({}))
            .await;
    }

    /// Types into a field.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        let keys = json!({"text": text});
        self.ask(Method::POST, &format!("/element/{element}/value"), &keys)
            .await;
    }

    /// Runs a script in the page, with the right of a debugger; returns what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let script = json!({"script": script, "args": []});
        self.ask(Method::POST, "/execute/sync", &script).await
    }

    /// The same for a script that waits: what it returns is a promise.
    pub(crate) async fn run_to_end(&self, script: &str) -> Value {
        let script =
            format!("const done = arguments[arguments.length - 1]; ({script})().then(done, (e) => done(String(e)))");
        let script = json!({"script": script, "args": []});
        self.ask(Method::POST, "/execute/async", &script).await
    }

    /// What the browser has complained about since the last time: errors of scripts, what a policy forbids, what is missing.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.ask(Method::POST, "/se/log", &json!({"type": "browser"})).await;
        let entries = entries.as_array().unwrap().iter();
        let bad = entries.filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|entry| entry["message"].to_string()).collect()
    }

    /// Makes the window this wide.
    pub(crate) async fn width(&self, pixels: u32) {
        let rect = json!({"width": pixels, "height": 900});
        self.ask(Method::POST, "/window/rect", &rect).await;
    }

    /// The text that a person reads there.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        let text = self
            .ask(Method::GET, &format!("/element/{element}/text"), &Value::Null)
            .await;
        text.as_str().unwrap().to_owned()
    }

    /// Once it is there.
    async fn find(&self, selector: &str) -> String {
        let wanted = json!({"using": "css selector", "value": selector});
        until(&format!("{selector} on the page"), async || {
            let found = self.try_ask(Method::POST, "/element", &wanted).await.ok()?;
            Some(found[ELEMENT].as_str()?.to_owned())
        })
        .await
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = within("the browser", self.try_ask(method, path, body)).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn try_ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, Value> {
        let url = format!("http://127.0.0.1:{}/session{}{path}", self.port, self.session);
        let mut request = self.client.request(method.clone(), url);
        if method == Method::POST {
            request = request.json(body);
        }
        let mut answer: Value = request.send().await.unwrap().json().await.unwrap();
        let value = answer["value"].take();
        if value["error"].is_string() {
            Err(value)
        } else {
            Ok(value)
        }
    }

    /// Without a runtime, which is not at hand when something is dropped.
    fn quit(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "DELETE /session{} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
            self.session
        )?;
        // The answer comes when the browser has ended.
        stream.read_exact(&mut [0; 12])
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.quit();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
