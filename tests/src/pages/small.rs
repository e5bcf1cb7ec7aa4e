//! A small province for one test, which may kill its programs and cut its line: a hub with console, the province and a
//! commune with desks.

use std::ops::Deref;

use truc_hub::demo::address;
use truc_hub::demo::cut::Cut;
use truc_node::accounts::{Realm, Role};

use super::people::Person;
use crate::programs::Province;
use crate::support::until;

const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy\n\
    1,40,commune,xã,Đảng ủy xã Một\n";

/// Code of the commune, whose node connects through [`Small::line`].
pub const COMMUNE: &str = "1";
/// Code of the province.
pub const TOP: &str = "40";
/// Every address of this machine.
const ANY: &str = "0.0.0.0";
/// Name of the hub's store.
pub const HUB: &str = "hub";

/// The province.
pub struct Small {
    province: Province,
    /// The commune's line, which can be cut.
    pub line: Cut,
}

impl Small {
    /// Starts all programs and waits until they are connected. [`Small::person`] adds people.
    #[track_caller]
    pub fn new() -> Self {
        Self::at(address::free)
    }

    /// The same with pages for other machines, which are served over TLS.
    #[track_caller]
    pub fn over_tls() -> Self {
        Self::at(|| address::free().replace("127.0.0.1", ANY))
    }

    #[track_caller]
    fn at(free: impl Fn() -> String) -> Self {
        let mut province = Province::new(OFFICES);
        province.pages = [HUB, TOP, COMMUNE].map(|name| (name, free())).into();
        province.start(HUB);
        [TOP, COMMUNE].iter().for_each(|office| province.enrol(office));
        let line = Cut::new(&province.sessions).unwrap();
        province.call_by(COMMUNE, line.address());
        [TOP, COMMUNE].iter().for_each(|office| province.start(office));
        until("all are connected", || province.hub(&["status"])["connected"] == 2);
        Self { province, line }
    }

    /// URL of a desk or of the console.
    pub fn url(&self, name: &str) -> String {
        match self.pages[name].strip_prefix(ANY) {
            Some(port) => format!("https://127.0.0.1{port}/"),
            None => format!("http://{}/", self.pages[name]),
        }
    }

    /// Adds a person.
    #[track_caller]
    pub fn person(&self, name: &str, role: Role, user: &str) -> Person {
        let realm = if name == HUB { Realm::Console } else { Realm::Desk };
        Person::new(&self.dir(name), realm, role, user)
    }
}

impl Deref for Small {
    type Target = Province;

    fn deref(&self) -> &Province {
        &self.province
    }
}

impl Default for Small {
    fn default() -> Self {
        Self::new()
    }
}
