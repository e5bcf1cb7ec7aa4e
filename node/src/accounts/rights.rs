//! Rights by role: one table; a right that it does not list is denied.
//!
//! Roles follow the people of an office: who receives papers, who works on them, who decides, and who runs the program.
//! At the desk, managing accounts and deciding on papers are separate roles.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// Where accounts sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Realm {
    /// The desk: the pages of one office, at its node.
    Desk,
    /// The console: the pages of the province, at the hub.
    Console,
}

/// Role of an account.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ValueEnum, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// Văn thư: receives papers and sends them. Desk.
    Clerk,
    /// Chuyên viên: works on assigned papers. Desk.
    Specialist,
    /// Lãnh đạo: assigns, decides, is responsible for the office. Desk.
    Chief,
    /// Reads only. Console.
    Observer,
    /// Steers and decides for the province. Console.
    Supervisor,
    /// Manages accounts and settings. Desk and console.
    Administrator,
}

/// A permission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Right {
    /// Read records and the journal.
    Read,
    /// Receive arriving papers: give arrival numbers, refuse, agree to a take-back.
    Receive,
    /// Assign work to people.
    Assign,
    /// Work on records: progress, answers, drafts.
    Handle,
    /// Send papers out.
    Issue,
    /// Decide: accept, return, conclude, confirm.
    Judge,
    /// Remind and steer across offices.
    Steer,
    /// Export lists and papers as files.
    Export,
    /// Manage the registry of offices, enrolment codes, machines in question.
    Offices,
    /// Read the notes of what accounts did.
    Audit,
    /// Manage accounts.
    Accounts,
    /// Change settings.
    Settings,
}

use Realm::{Console, Desk};
use Right::{Accounts, Assign, Audit, Export, Handle, Issue, Judge, Offices, Read, Receive, Settings, Steer};
use Role::{Administrator, Chief, Clerk, Observer, Specialist, Supervisor};

/// Rights of every role. A pair that is not listed has none.
pub const TABLE: &[(Realm, Role, &[Right])] = &[
    (Desk, Clerk, &[Read, Receive, Handle, Issue, Export]),
    (Desk, Specialist, &[Read, Handle, Export]),
    (Desk, Chief, &[Read, Receive, Assign, Handle, Issue, Judge, Export]),
    (Desk, Administrator, &[Read, Accounts, Settings, Audit]),
    (Console, Observer, &[Read, Export]),
    (Console, Supervisor, &[Read, Export, Steer, Issue, Judge, Handle, Receive, Assign]),
    (
        Console,
        Administrator,
        &[Read, Receive, Assign, Handle, Issue, Judge, Steer, Export, Offices, Audit, Accounts, Settings],
    ),
];

/// Whether a role has a right in a realm.
pub fn may(realm: Realm, role: Role, right: Right) -> bool {
    TABLE.iter().any(|(of, who, rights)| *of == realm && *who == role && rights.contains(&right))
}

impl Role {
    /// Its name in stores, in commands and in catalogue keys.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The roles of a realm.
    pub fn of(realm: Realm) -> &'static [Self] {
        match realm {
            Desk => &[Clerk, Specialist, Chief, Administrator],
            Console => &[Observer, Supervisor, Administrator],
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 6] = [Clerk, Specialist, Chief, Observer, Supervisor, Administrator];
    const RIGHTS: [Right; 12] =
        [Read, Receive, Assign, Handle, Issue, Judge, Steer, Export, Offices, Audit, Accounts, Settings];

    /// Repeats the table cell by cell, so that no right changes unnoticed: one row per role, one column per right, in
    /// the order of `RIGHTS`.
    #[test]
    fn every_cell_is_as_stated() {
        #[rustfmt::skip]
        let cells = [
            //                           Rd Rc As Hd Is Jg St Ex Of Au Ac Se
            (Desk,    Clerk,           [1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0]),
            (Desk,    Specialist,      [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]),
            (Desk,    Chief,           [1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0]),
            (Desk,    Observer,        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Desk,    Supervisor,      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Desk,    Administrator,   [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]),
            (Console, Clerk,           [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Console, Specialist,      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Console, Chief,           [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Console, Observer,        [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
            (Console, Supervisor,      [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
            (Console, Administrator,   [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        ];
        assert_eq!(cells.len(), 2 * ROLES.len());
        for (realm, role, row) in cells {
            for (right, cell) in RIGHTS.into_iter().zip(row) {
                assert_eq!(may(realm, role, right), cell == 1, "{realm:?} {role:?} {right:?}");
            }
        }
    }

    #[test]
    fn roles_of_one_realm_have_nothing_in_the_other() {
        for realm in [Desk, Console] {
            for role in ROLES {
                let any = RIGHTS.into_iter().any(|right| may(realm, role, right));
                assert_eq!(any, Role::of(realm).contains(&role), "{realm:?} {role:?}");
            }
        }
    }

    #[test]
    fn names_are_one_with_json_and_come_back() {
        for role in ROLES {
            assert_eq!(serde_json::to_value(role).ok(), Some(role.code().into()));
            assert_eq!(role.to_possible_value().map(|value| value.get_name() == role.code()), Some(true));
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        assert_eq!(Role::from_code("root"), None);
    }
}
