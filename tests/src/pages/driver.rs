//! The browser: Debian's chromium, controlled by its chromedriver on a separate port.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::programs::Tethered;

static DRIVER: LazyLock<Driver> = LazyLock::new(Driver::start);

/// A running chromedriver.
pub struct Driver {
    /// URL for commands.
    pub url: String,
    _process: Mutex<Tethered>,
}

impl Driver {
    /// The shared driver; the first caller starts it.
    pub fn shared() -> &'static Self {
        &DRIVER
    }

    fn start() -> Self {
        let found = ["/usr/bin/chromedriver", "/usr/local/bin/chromedriver"];
        let found = found.iter().map(Path::new).find(|path| path.exists());
        let program = found.expect("no chromedriver: .ci/test installs chromium and chromium-driver");
        let folder = tempfile::Builder::new().prefix("truc-driver-").tempdir().unwrap().keep();
        let mut process = Tethered::start(&folder, &folder.join("log"), program, &[OsStr::new("--port=0")]);
        let port = loop {
            let line = process.line().expect("chromedriver ended before it listened");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').to_owned();
            }
        };
        Self { url: format!("http://127.0.0.1:{port}"), _process: Mutex::new(process) }
    }
}

/// Settings of a new window.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Whether pages may run scripts.
    pub scripts: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { scripts: true }
    }
}

/// Capabilities of a session: headless, no sandbox (tests may run as root), browser logs kept.
pub(super) fn capabilities(setup: Setup) -> serde_json::Map<String, Value> {
    let prefs = if setup.scripts {
        json!({})
    } else {
        json!({ "profile.managed_default_content_settings.javascript": 2 })
    };
    let args = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--force-color-profile=srgb",
        "--window-size=1280,900",
    ];
    let wanted = json!({
        "goog:chromeOptions": { "args": args, "prefs": prefs },
        "goog:loggingPrefs": { "browser": "ALL" },
        // Leaving a changed form opens a prompt; tests that leave one answer it themselves.
        "unhandledPromptBehavior": "ignore",
        // Desks beyond this machine have certificates of their own making.
        "acceptInsecureCerts": true,
    });
    let Value::Object(wanted) = wanted else { unreachable!() };
    wanted
}
