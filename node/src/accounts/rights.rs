//! What an account may do, by its role: one table, and whatever it does not say is forbidden.
//!
//! Roles are chosen for offices as they are: who takes papers in, who works on them, who answers for them,
//! and who keeps the program. Keeping accounts and deciding about papers are apart at the desk.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Whose accounts these are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Realm {
    /// The pages of one office, at its node.
    Desk,
    /// The pages of the province, at the hub.
    Console,
}

/// What somebody is in an office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Văn thư: takes papers in and sends them out. Desk.
    Clerk,
    /// Chuyên viên: works on what is assigned. Desk.
    Specialist,
    /// Lãnh đạo: assigns, judges, answers for the office. Desk.
    Chief,
    /// Looks on. Console.
    Observer,
    /// Steers and judges for the province. Console.
    Supervisor,
    /// Keeps accounts and settings. Desk and console.
    Administrator,
}

/// Something that an account may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Right {
    /// See records and the journal.
    Read,
    /// Take arriving papers in: arrival number, refuse, agree to a take-back.
    Receive,
    /// Assign work to people.
    Assign,
    /// Work on records: progress, answers, drafts.
    Handle,
    /// Send papers out.
    Issue,
    /// Accept, return, conclude, confirm.
    Judge,
    /// Remind and steer across offices.
    Steer,
    /// Take lists and papers out as files.
    Export,
    /// Keep the registry of offices, enrolment codes, machines in question.
    Offices,
    /// See what was done here.
    Audit,
    /// Keep accounts.
    Accounts,
    /// Keep settings.
    Settings,
}

use Realm::{Console, Desk};
use Right::{Accounts, Assign, Audit, Export, Handle, Issue, Judge, Offices, Read, Receive, Settings, Steer};
use Role::{Administrator, Chief, Clerk, Observer, Specialist, Supervisor};

/// Every right of every role.
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

/// Whether a role has a right in a realm. What the table does not say is forbidden.
pub fn may(realm: Realm, role: Role, right: Right) -> bool {
    TABLE.iter().any(|(of, who, rights)| *of == realm && *who == role && rights.contains(&right))
}

impl Role {
    /// Its name in stores, commands and keys of the catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Clerk => "clerk",
            Specialist => "specialist",
            Chief => "chief",
            Observer => "observer",
            Supervisor => "supervisor",
            Administrator => "administrator",
        }
    }

    /// The roles of a realm.
    pub fn of(realm: Realm) -> &'static [Self] {
        match realm {
            Desk => &[Clerk, Specialist, Chief, Administrator],
            Console => &[Observer, Supervisor, Administrator],
        }
    }

    /// The role with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Clerk, Specialist, Chief, Observer, Supervisor, Administrator].into_iter().find(|r| r.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 6] = [Clerk, Specialist, Chief, Observer, Supervisor, Administrator];
    const RIGHTS: [Right; 12] =
        [Read, Receive, Assign, Handle, Issue, Judge, Steer, Export, Offices, Audit, Accounts, Settings];

    /// The table again, by hand and by cell: one row a role, one column a right, in the order above.
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
