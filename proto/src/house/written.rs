//! The two written forms of a fact, made from one list of its fields: a row of a table ([`super::row`]) and a message of
//! an entry.

use prost::Message;

use super::fact::{
    Absence, Class, Delegation, Fact, Grant, Holiday, Issuer, Lent, Party, Person, Post, Regime, Resource,
    ResourceKind, Right, Role, Signer, Span, Term, Unit, What,
};
use super::road::{Charge, Member, Opening, Road, Silence};
use super::row::{Field, Row, Value, canonical, is_id};
use super::setting::Setting;
use super::thing::Table;
use crate::date::Date;
use crate::paper::DocumentType;
use crate::wire::{self, house_fact};
use crate::{identifier, limits};

/// What a field of a fact may hold.
pub(super) trait Written: Sized {
    /// Its form in a message.
    type Wire;
    /// What is taken where it is wrong, so that the rest of a file can be checked. None: the fact is left out.
    fn instead() -> Option<Self>;
    /// What is meant where the field is missing. None: it must be there.
    fn missing() -> Option<Self>;
    /// Reads it from a row.
    fn read(value: &Value) -> Option<Self>;
    /// Writes it into a row. None: the field is left out.
    fn write(&self) -> Option<Value>;
    /// Writes it into a message.
    fn to_wire(&self) -> Self::Wire;
    /// Reads it from a message.
    fn from_wire(wire: Self::Wire) -> Option<Self>;
}

impl Written for String {
    type Wire = String;

    fn instead() -> Option<Self> {
        Some(String::new())
    }

    fn missing() -> Option<Self> {
        None
    }

    fn read(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Text(self.clone()))
    }

    fn to_wire(&self) -> String {
        self.clone()
    }

    fn from_wire(wire: String) -> Option<Self> {
        Some(wire)
    }
}

impl Written for Option<String> {
    type Wire = String;

    fn instead() -> Option<Self> {
        Some(None)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value) -> Option<Self> {
        String::read(value).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    fn write(&self) -> Option<Value> {
        self.clone().map(Value::Text)
    }

    fn to_wire(&self) -> String {
        self.clone().unwrap_or_default()
    }

    fn from_wire(wire: String) -> Option<Self> {
        Some(Some(wire).filter(|text| !text.is_empty()))
    }
}

impl Written for bool {
    type Wire = bool;

    fn instead() -> Option<Self> {
        Some(false)
    }

    fn missing() -> Option<Self> {
        Some(false)
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Yes(yes) => Some(*yes),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn write(&self) -> Option<Value> {
        self.then_some(Value::Yes(true))
    }

    fn to_wire(&self) -> bool {
        *self
    }

    fn from_wire(wire: bool) -> Option<Self> {
        Some(wire)
    }
}

impl Written for u32 {
    type Wire = u32;

    fn instead() -> Option<Self> {
        Some(0)
    }

    fn missing() -> Option<Self> {
        None
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bare(text) | Value::Text(text) => identifier::whole(text),
            _ => None,
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Bare(self.to_string()))
    }

    fn to_wire(&self) -> u32 {
        *self
    }

    fn from_wire(wire: u32) -> Option<Self> {
        (1..=limits::FIGURE).contains(&wire).then_some(wire)
    }
}

impl Written for Date {
    type Wire = String;

    fn instead() -> Option<Self> {
        None
    }

    fn missing() -> Option<Self> {
        None
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Day(day) => Some(*day),
            Value::Text(text) => identifier::day(text).ok(),
            _ => None,
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Day(*self))
    }

    fn to_wire(&self) -> String {
        self.to_string()
    }

    fn from_wire(wire: String) -> Option<Self> {
        wire.parse().ok()
    }
}

/// A choice of words, one of which may be left out.
macro_rules! choices {
    ($($choice:ty: $instead:expr, $missing:expr;)*) => {$(
        impl Written for $choice {
            type Wire = String;

            fn instead() -> Option<Self> {
                $instead
            }

            fn missing() -> Option<Self> {
                $missing
            }

            fn read(value: &Value) -> Option<Self> {
                String::read(value)?.parse().ok()
            }

            fn write(&self) -> Option<Value> {
                Some(Value::Text(self.to_wire()))
            }

            fn to_wire(&self) -> String {
                <&str>::from(*self).to_owned()
            }

            fn from_wire(wire: String) -> Option<Self> {
                wire.parse().ok()
            }
        }
    )*};
}

pub(super) use choices;

choices! {
    // Of a cell least is asked.
    Class: Some(Class::Cell), None;
    Role: Some(Role::Clerk), None;
    Right: None, None;
    Regime: Some(Regime::Outside), None;
    ResourceKind: Some(ResourceKind::Room), None;
}

impl Written for Option<Role> {
    type Wire = String;

    fn instead() -> Option<Self> {
        Some(None)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value) -> Option<Self> {
        match String::read(value)?.as_str() {
            "" => Some(None),
            role => role.parse().ok().map(Some),
        }
    }

    fn write(&self) -> Option<Value> {
        self.as_ref().and_then(Written::write)
    }

    fn to_wire(&self) -> String {
        self.as_ref().map(Written::to_wire).unwrap_or_default()
    }

    fn from_wire(wire: String) -> Option<Self> {
        Self::read(&Value::Text(wire))
    }
}

/// Several words of one kind.
macro_rules! lists {
    ($($item:ty, $read:expr, $name:expr;)*) => {$(
        impl Written for Vec<$item> {
            type Wire = Vec<String>;

            fn instead() -> Option<Self> {
                Some(Vec::new())
            }

            fn missing() -> Option<Self> {
                Some(Vec::new())
            }

            fn read(value: &Value) -> Option<Self> {
                let read: fn(&str) -> Option<$item> = $read;
                match value {
                    Value::Text(_) | Value::List(_) => {
                        value.words(&[]).iter().map(|word| read(word)).collect()
                    }
                    _ => None,
                }
            }

            fn write(&self) -> Option<Value> {
                if self.is_empty() { None } else { Some(Value::List(self.to_wire())) }
            }

            fn to_wire(&self) -> Vec<String> {
                let name: fn(&$item) -> &str = $name;
                self.iter().map(|item| name(item).to_owned()).collect()
            }

            fn from_wire(wire: Vec<String>) -> Option<Self> {
                Self::read(&Value::List(wire))
            }
        }
    )*};
}

lists! {
    String, |word| Some(word.to_owned()), |word| word;
    Lent, |word| word.parse().ok(), |lent| lent.name();
    DocumentType, DocumentType::from_code, |kind| kind.code();
}

/// Why a row is no fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// A field that must be there is missing.
    Missing(&'static str),
    /// A field has a value that it cannot have.
    Wrong(&'static str),
}

macro_rules! facts {
    ($($table:ident $name:ident $wire:ident { $($field:ident),* })*) => {
        impl Table {
            /// Names of the fields of a table, in their order. A scalar is its own field.
            pub fn fields(self) -> &'static [&'static str] {
                match self {
                    Self::Settings => &[],
                    $(Self::$table => &[$(stringify!($field)),*],)*
                }
            }
        }

        /// Reads a row whose texts have their one form. What is wrong is noted, and something else taken instead, as
        /// far as the rest can be checked with it.
        pub(super) fn read(row: &Row, faults: &mut Vec<Fault>) -> Option<What> {
            match row.table {
                Table::Settings => row.fields.iter().find_map(|field| Setting::read(&field.name, &field.value)).map(What::Setting),
                $(Table::$table => Some(What::$name($name {
                    $($field: one(row, stringify!($field), faults)?,)*
                })),)*
            }
        }

        impl What {
            /// The fields that are written of it, in their order.
            fn fields(&self) -> Vec<(String, Value)> {
                let mut fields = Vec::new();
                match self {
                    Self::Setting(setting) => fields.push((setting.name(), setting.value())),
                    $(Self::$name(what) => {
                        $(fields.extend(what.$field.write().map(|value| (stringify!($field).to_owned(), value)));)*
                    })*
                }
                fields
            }

            fn to_wire(&self) -> house_fact::What {
                match self {
                    Self::Setting(setting) => house_fact::What::Setting(wire::HouseSetting {
                        name: setting.name(),
                        words: setting.words(),
                    }),
                    $(Self::$name(what) => house_fact::What::$name(wire::$wire {
                        $($field: what.$field.to_wire(),)*
                    }),)*
                }
            }

            fn from_wire(what: house_fact::What) -> Option<Self> {
                Some(match what {
                    house_fact::What::Setting(said) => Self::Setting(Setting::of(&said.name, &said.words)?),
                    $(house_fact::What::$name(said) => Self::$name($name {
                        $($field: Written::from_wire(said.$field)?,)*
                    }),)*
                })
            }
        }
    };
}

facts! {
    Units Unit HouseUnit { id, name, class, parent, heir, keywords }
    People Person HousePerson { id, name, title, unit, head, account }
    Posts Post HousePost { person, unit, title, head }
    Rights Grant HouseGrant { person, right }
    Absences Absence HouseAbsence { person, stand_in }
    Delegations Delegation HouseDelegation { person, to_person, what, paper }
    Issuers Issuer HouseIssuer { id, symbol, line1, line2 }
    Signers Signer HouseSigner { issuer, body, person, form, types, lent }
    Terms Term HouseTerm { issuer, term }
    Roles Charge HouseCharge { person, role }
    Groups Member HouseMember { group, person }
    Silences Silence HouseSilence { group, counts_as, types, basis }
    Roads Road HouseRoad { id, version, name, issuers, types, signer, group, basis, steps }
    Openings Opening HouseOpening { issuer, last }
    Parties Party HouseParty { id, name, regime, unit }
    Resources Resource HouseResource { id, kind, name, seats }
    Holidays Holiday HouseHoliday { date, working, name }
}

fn one<T: Written>(row: &Row, name: &'static str, faults: &mut Vec<Fault>) -> Option<T> {
    let fault = match row.field(name) {
        Some(field) => match T::read(&field.value) {
            Some(value) => return Some(value),
            None => Fault::Wrong(name),
        },
        None => match T::missing() {
            Some(value) => return Some(value),
            None => Fault::Missing(name),
        },
    };
    faults.push(fault);
    T::instead()
}

impl Fact {
    /// The fact as a row of its table.
    pub fn to_row(&self) -> Row {
        let mut fields = self.what.fields();
        let end = |name: &str, day: Option<Date>| day.map(|day| (name.to_owned(), Value::Day(day)));
        fields.extend(end("from", self.span.from));
        fields.extend(end("to", self.span.to));
        let fields = fields.into_iter().map(|(name, value)| Field { name, line: 0, value }).collect();
        Row { table: self.what.thing().table, line: 0, fields }
    }

    /// The fact as a message.
    pub fn to_wire(&self) -> wire::HouseFact {
        let end = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        wire::HouseFact { from: end(self.span.from), to: end(self.span.to), what: Some(self.what.to_wire()) }
    }

    /// Reads a message. None: it says nothing that this program knows, or not in the one form of it.
    pub fn from_wire(fact: wire::HouseFact) -> Option<Self> {
        if fact.encoded_len() > limits::HOUSE_FACT {
            return None;
        }
        let end = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let span = Span { from: end(&fact.from)?, to: end(&fact.to)? };
        let fact = Self { span, what: What::from_wire(fact.what?)? };
        fact.is_canonical().then_some(fact)
    }

    /// Whether all its texts have their one form, and its ids the form of ids.
    fn is_canonical(&self) -> bool {
        let row = self.to_row();
        row.fields.iter().all(|field| match &field.value {
            Value::Text(text) => {
                let known = field.name != "id" || is_id(text);
                known && canonical(row.table, &field.name, text) == *text && text.len() <= limits::LINE
            }
            Value::List(texts) => {
                let known = |text: &String| canonical(row.table, &field.name, text) == *text;
                texts.len() <= limits::HOUSE_LIST && texts.iter().all(known)
            }
            _ => true,
        })
    }
}
