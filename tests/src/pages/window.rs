//! A browser window with its own session: what a person sees and does.

use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::driver::{Driver, Setup, capabilities};
use super::people::Person;
use crate::support::until;

/// Attempts to act on a part of a page that live updates may replace.
const AGAIN: usize = 5;

/// A window; closed when dropped.
pub struct Window {
    runtime: Runtime,
    client: Option<Client>,
}

impl Window {
    /// A window with the usual settings.
    #[track_caller]
    pub fn open() -> Self {
        Self::open_with(Setup::default())
    }

    /// A window with given settings.
    #[track_caller]
    pub fn open_with(setup: Setup) -> Self {
        let driver = Driver::shared();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(setup));
        let client = runtime.block_on(builder.connect(&driver.url)).unwrap();
        let window = Self { runtime, client: Some(client) };
        window.size(1280, 900);
        window
    }

    #[track_caller]
    fn run<T>(&self, work: impl AsyncFn(&Client) -> Result<T, CmdError>) -> T {
        let client = self.client.as_ref().unwrap();
        for _ in 0..AGAIN {
            match self.runtime.block_on(work(client)) {
                Ok(done) => return done,
                // A live update has replaced the element after it was found: find it again.
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("{error} at {}", self.place()),
            }
        }
        panic!("the page does not stand still at {}", self.place());
    }

    /// The current address, for messages of failures.
    fn place(&self) -> String {
        let url = self.client.as_ref().map(|client| self.runtime.block_on(client.current_url()));
        url.and_then(Result::ok).map_or_else(|| "?".to_owned(), |url| url.to_string())
    }

    /// Goes to an address and waits until it is loaded.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.run(async |client| client.goto(url).await);
    }

    /// Loads the page anew.
    #[track_caller]
    pub fn reload(&self) {
        self.run(async |client| client.refresh().await);
    }

    /// Path and query of the page.
    #[track_caller]
    pub fn at(&self) -> String {
        let url = self.run(async |client| client.current_url().await);
        url[url::Position::BeforePath..].to_owned()
    }

    /// The address of the page.
    #[track_caller]
    pub fn url(&self) -> String {
        self.run(async |client| client.current_url().await).to_string()
    }

    /// Signs in at a desk or console; returns after the redirect.
    #[track_caller]
    pub fn sign_in(&self, site: &str, person: &Person) {
        self.go(&format!("{site}login"));
        self.credentials(person);
        // The click returns at once, but the login takes as long as its hash.
        until(&format!("{} has signed in", person.user), || !self.at().starts_with("/login"));
    }

    /// Fills in the login form.
    #[track_caller]
    pub fn credentials(&self, person: &Person) {
        self.fill("#account", &person.user);
        self.fill("#password", &person.password);
        self.click("#main form button");
    }

    /// Result of a script.
    #[track_caller]
    pub fn js(&self, script: &str, args: &[Value]) -> Value {
        self.run(async |client| client.execute(script, args.to_vec()).await)
    }

    /// Result of an asynchronous script, which passes it to its last argument.
    #[track_caller]
    pub fn js_later(&self, script: &str, args: &[Value]) -> Value {
        self.run(async |client| client.execute_async(script, args.to_vec()).await)
    }

    /// Waits until an expression is true on the page; returns how long that took.
    #[track_caller]
    pub fn until(&self, what: &str, expression: &str) -> Duration {
        let script = format!("return Boolean({expression})");
        until(what, || {
            // A page that is being left cannot answer: ask the next one.
            let asked =
                self.client.as_ref().map(|client| self.runtime.block_on(client.execute(&script, vec![])));
            matches!(asked, Some(Ok(Value::Bool(true))))
        })
    }

    /// Waits until an element is on the page.
    #[track_caller]
    pub fn until_there(&self, css: &str) -> Duration {
        self.until(css, &format!("document.querySelector({})", json!(css)))
    }

    /// Waits until the page contains a text.
    #[track_caller]
    pub fn until_said(&self, text: &str) -> Duration {
        self.until(text, &format!("document.body.innerText.includes({})", json!(text)))
    }

    /// Whether an element is on the page.
    #[track_caller]
    pub fn has(&self, css: &str) -> bool {
        !self.run(async |client| client.find_all(Locator::Css(css)).await).is_empty()
    }

    /// The text of an element.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.run(async |client| client.find(Locator::Css(css)).await?.text().await)
    }

    /// The value of a field.
    #[track_caller]
    pub fn value(&self, css: &str) -> String {
        self.run(async |client| client.find(Locator::Css(css)).await?.prop("value").await).unwrap_or_default()
    }

    /// Waits for an element and clicks it. Fails if another element covers it.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.run(async |client| client.wait().for_element(Locator::Css(css)).await?.click().await);
    }

    /// Clicks the element with this text.
    #[track_caller]
    pub fn click_said(&self, css: &str, words: &str) {
        let all = self.run(async |client| client.find_all(Locator::Css(css)).await);
        let found = all.into_iter().find(|element| self.run(async |_| element.text().await).contains(words));
        let found = found.unwrap_or_else(|| panic!("nobody says {words:?} among {css} at {}", self.place()));
        self.run(async |_| found.click().await);
    }

    /// Replaces the text of a field by typing.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        self.run(async |client| {
            let field = client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await
        });
    }

    /// Sets the value of a field directly: for dates, times and long texts.
    #[track_caller]
    pub fn put(&self, css: &str, value: &str) {
        let script = "const [css, value] = arguments; const field = document.querySelector(css); \
            field.value = value; field.dispatchEvent(new Event('input', { bubbles: true }))";
        self.js(script, &[json!(css), json!(value)]);
    }

    /// Chooses a local file in a file field.
    #[track_caller]
    pub fn attach(&self, css: &str, path: &std::path::Path) {
        let path = path.to_str().unwrap();
        self.run(async |client| client.find(Locator::Css(css)).await?.send_keys(path).await);
    }

    /// Presses keys at the element that has the focus.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        self.run(async |client| client.active_element().await?.send_keys(keys).await);
    }

    /// Presses a key without a letter.
    #[track_caller]
    pub fn key(&self, key: Key) {
        let value = char::from(key);
        self.run(async |client| {
            let keys = KeyActions::new("keyboard".to_owned());
            let keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
            client.perform_actions(keys).await
        });
    }

    /// Waits for a prompt and accepts it.
    #[track_caller]
    pub fn say_yes(&self) {
        until("a question is asked", || self.question().is_some());
        self.run(async |client| client.accept_alert().await);
    }

    /// Text of the open prompt.
    pub fn question(&self) -> Option<String> {
        self.client.as_ref().and_then(|client| self.runtime.block_on(client.get_alert_text()).ok())
    }

    /// Sets the size of the viewport, CSS pixels.
    #[track_caller]
    pub fn size(&self, width: u32, height: u32) {
        let wanted = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", wanted);
    }

    /// Emulates the colour scheme (`light` or `dark`) and the medium (`screen` or `print`); empty: the default.
    #[track_caller]
    pub fn look(&self, scheme: &str, media: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": media, "features": features }));
    }

    /// The browser's log since the last call: errors of scripts, content security policy, loading.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let said = self.command("se/log", json!({ "type": "browser" }));
        let said = said.as_array().cloned().unwrap_or_default();
        said.iter().map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }

    /// A screenshot of the viewport, PNG.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        self.run(async |client| client.screenshot().await)
    }

    /// Adds a virtual authenticator that stores passkeys and confirms every request.
    #[track_caller]
    pub fn authenticator(&self) {
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true,
        });
        self.command("webauthn/authenticator", device);
    }

    /// Sends a command to the browser's developer tools.
    #[track_caller]
    pub fn devtools(&self, method: &str, params: Value) -> Value {
        self.command("goog/cdp/execute", json!({ "cmd": method, "params": params }))
    }

    #[track_caller]
    fn command(&self, path: &'static str, body: Value) -> Value {
        self.run(async |client| client.issue_cmd(Own { path, body: body.clone() }).await)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // The browser may have ended already.
            let _ = self.runtime.block_on(client.close());
        }
    }
}

/// A command that only this driver has.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (::http::Method, Option<String>) {
        (::http::Method::POST, Some(self.body.to_string()))
    }
}
