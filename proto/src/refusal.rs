//! Why an entry is refused.

use serde::{Deserialize, Serialize};

use crate::entry::EntryError;

macro_rules! refusals {
    ($($name:ident $code:literal $doc:literal)*) => {
        /// Why an entry is refused. It stays in its ledger, is shown as refused, and goes to nobody.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Refusal {
            $(#[doc = $doc] $name,)*
        }

        impl Refusal {
            /// All refusals.
            pub const ALL: &[Refusal] = &[$(Self::$name),*];

            /// The stable code in messages, stores and tests.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The refusal with this code; none: this program does not know the code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

refusals! {
    UnknownOffice "unknown-office" "The author or an addressee is not in the registry."
    NotHub "not-hub" "Only the hub writes the registry."
    MayNotDirect "may-not-direct" "A binding paper, or work, for an office that is neither the author's own nor below it."
    MayNotAddress "may-not-address" "This move may not go to an office in that relation to the author."
    LeadNotAddressed "lead-not-addressed" "It gives work to an office that it is not addressed to."
    NotConcerned "not-concerned" "It is about one office, and addressed to another, or not to that one."
    OfficeEnded "office-ended" "The author's office had ended on that day: it answers and hands over, and begins nothing."
    OfficeNotYet "office-not-yet" "The first day of the author's office was still to come: it writes to itself only."
    NotAddressed "not-addressed" "The entry is not for this office: the hub must not have delivered it."
    NotYourSymbol "not-your-symbol" "The number of its paper bears a symbol that another office owns, or nobody."
    NotForBody "not-for-body" "The body that the paper is of issues no papers of this type."
    ForeignRecord "foreign-record" "It opens a record with the id of another office's record."
    Secret "secret" "Secret content, which may not travel on this channel."
    Seal "seal" "It is sealed and may not be, or is in clear and must be sealed; or nobody could ever open it."
    Malformed "malformed" "The body is no move of its kind."
    TooLarge "too-large" "Larger than the limits allow."
    Format "format" "A header format that the hub does not know."
    Signature "signature" "The signature belongs to no valid key of the author's office."
    Chain "chain" "The entry does not follow its predecessor."
}

impl From<EntryError> for Refusal {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Malformed(_) => Self::Malformed,
            EntryError::TooLarge(_) => Self::TooLarge,
            EntryError::Format(_) => Self::Format,
            EntryError::Signature => Self::Signature,
            EntryError::Chain => Self::Chain,
        }
    }
}
