//! A small province of one's own, whose programs may be killed and whose line may be cut: a hub with its
//! console, the province and a commune with their desks.

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

/// The commune, whose node calls over [`Small::line`].
pub const COMMUNE: &str = "1";
/// The province.
pub const TOP: &str = "40";
/// The hub.
pub const HUB: &str = "hub";

/// The province.
pub struct Small {
    province: Province,
    /// The commune's line.
    pub line: Cut,
}

impl Small {
    /// All serve and are connected; whoever works there signs in with [`Small::person`].
    #[track_caller]
    pub fn new() -> Self {
        let mut province = Province::new(OFFICES);
        province.pages = [HUB, TOP, COMMUNE].map(|name| (name, address::free())).into();
        province.start(HUB);
        [TOP, COMMUNE].iter().for_each(|office| province.enrol(office));
        let line = Cut::new(&province.sessions).unwrap();
        province.call_by(COMMUNE, line.address());
        [TOP, COMMUNE].iter().for_each(|office| province.start(office));
        until("all are connected", || province.hub(&["status"])["connected"] == 2);
        Self { province, line }
    }

    /// Where desk or console is.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/", self.pages[name])
    }

    /// Somebody new.
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
