//! Papers: their types, their numbers, their deadlines.
//!
//! Types: Quy định 399-QĐ/TW of 9 January 2026; symbols: Hướng dẫn 36-HD/VPTW of 2018.

use serde::{Deserialize, Serialize};

use crate::date::{BadDate, Date, rfc3339_millis};
use crate::vietnamese::fold;
use crate::wire::Urgency;

/// Urgency from which a paper is express (hỏa tốc): it rings, and is owed an answer at once.
pub const EXPRESS: u32 = Urgency::Express as u32;

macro_rules! document_types {
    ($($name:ident $code:literal $symbol:literal $directs:literal $vietnamese:literal $english:literal)*) => {
        /// The type of a paper.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum DocumentType {
            $(#[doc = concat!($vietnamese, ": ", $english, ".")] $name,)*
        }

        impl DocumentType {
            /// All of them.
            pub const ALL: &[DocumentType] = &[$(Self::$name),*];

            /// The code in messages and stores, one for each type.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The symbol in a number; empty: such papers bear none. `quyết định` and `quy định` share one, so a symbol does
            /// not tell the type.
            pub fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* }
            }

            /// The name as people write it.
            pub fn vietnamese(self) -> &'static str {
                match self { $(Self::$name => $vietnamese,)* }
            }

            /// The name in English.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// Whether such a paper binds its addressee: then it may only go to the own office and downward.
            pub fn directs(self) -> bool {
                match self { $(Self::$name => $directs,)* }
            }

            /// The type with this code, as read from a message.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

// name, code, symbol, directs, Vietnamese, English
document_types! {
    Resolution "NQ" "NQ" true "nghị quyết" "resolution"
    Decision "QĐ" "QĐ" true "quyết định" "decision"
    Directive "CT" "CT" true "chỉ thị" "directive"
    Conclusion "KL" "KL" true "kết luận" "conclusion"
    WorkingRegulation "QC" "QC" true "quy chế" "working regulation"
    Regulation "QyĐ" "QĐ" true "quy định" "regulation"
    Circular "TT" "TT" true "thông tri" "circular"
    Guidance "HD" "HD" true "hướng dẫn" "guidance"
    Notice "TB" "TB" false "thông báo" "notice"
    Communique "TC" "TC" false "thông cáo" "communique"
    Declaration "TBố" "" false "tuyên bố" "declaration"
    Appeal "LKG" "" false "lời kêu gọi" "appeal"
    Report "BC" "BC" false "báo cáo" "report"
    Plan "KH" "KH" false "kế hoạch" "plan"
    MasterPlan "QH" "QH" false "quy hoạch" "master plan"
    Programme "CTr" "CTr" false "chương trình" "programme"
    Scheme "ĐA" "ĐA" false "đề án" "scheme"
    Option "PA" "PA" false "phương án" "option"
    Project "DA" "DA" false "dự án" "project"
    Submission "TTr" "TTr" false "tờ trình" "submission"
    OfficialLetter "CV" "CV" false "công văn" "official letter"
    Minutes "BB" "BB" false "biên bản" "minutes"
    Invitation "GM" "GM" false "giấy mời" "invitation"
    Introduction "GGT" "GGT" false "giấy giới thiệu" "letter of introduction"
    Certificate "GCN" "GCN" false "giấy chứng nhận" "certificate"
    TravelOrder "GĐĐ" "GĐĐ" false "giấy đi đường" "travel order"
    LeaveSlip "GNP" "GNP" false "giấy nghỉ phép" "leave slip"
    DispatchSlip "PG" "PG" false "phiếu gửi" "dispatch slip"
    TransferSlip "PC" "PC" false "phiếu chuyển" "transfer slip"
    PublicLetter "ThC" "" false "thư công" "open letter"
}

impl DocumentType {
    /// The type with this Vietnamese name, as people type it: any case, composed or not, with or without marks.
    pub fn from_name(name: &str) -> Option<Self> {
        let folded = fold(name);
        let wanted: Vec<&str> = folded.split_whitespace().collect();
        Self::ALL.iter().copied().find(|kind| fold(kind.vietnamese()).split(' ').eq(wanted.iter().copied()))
    }

    /// Whether the centre alone issues such papers.
    pub fn is_central(self) -> bool {
        matches!(self, Self::Declaration | Self::Appeal)
    }

    /// A number as it is written on the paper: `127-QĐ/TU`, `05-CTr/TU` (two digits at least).
    pub fn number_text(self, number: u32, issuer: &str) -> String {
        format!("{number:02}-{}/{issuer}", self.symbol())
    }
}

/// A deadline: Unix milliseconds of the last moment that is still on time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Due(pub i64);

impl Due {
    /// Reads `YYYY-MM-DD` (ends at 17:00, UTC+7) or RFC 3339; nothing for an empty text.
    pub fn parse(text: &str) -> Result<Option<Due>, BadDate> {
        match text.len() {
            0 => Ok(None),
            10 => Ok(Some(Due(text.parse::<Date>()?.close_millis()))),
            _ => Ok(Some(Due(rfc3339_millis(text)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_codes_lead_back_to_their_type() {
        for kind in DocumentType::ALL.iter().copied() {
            assert_eq!(DocumentType::from_code(kind.code()), Some(kind));
            assert_eq!(DocumentType::from_name(kind.vietnamese()), Some(kind));
            assert_eq!(DocumentType::from_name(&kind.vietnamese().to_uppercase()), Some(kind));
            assert_eq!(DocumentType::from_name(&fold(kind.vietnamese())), Some(kind));
        }
        let codes: BTreeSet<_> = DocumentType::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), DocumentType::ALL.len());
    }

    #[test]
    fn a_scheme_is_no_project() {
        assert_eq!(DocumentType::from_code("ĐA"), Some(DocumentType::Scheme));
        assert_eq!(DocumentType::from_code("DA"), Some(DocumentType::Project));
        assert_eq!(DocumentType::from_name("Đề  án "), Some(DocumentType::Scheme));
        assert_eq!(DocumentType::from_name("lời kêu gọi"), Some(DocumentType::Appeal));
        assert_eq!(DocumentType::from_name("điều lệ"), None);
    }

    #[test]
    fn only_binding_papers_direct() {
        let directing: Vec<_> =
            DocumentType::ALL.iter().filter(|kind| kind.directs()).map(|kind| kind.code()).collect();
        assert_eq!(directing, ["NQ", "QĐ", "CT", "KL", "QC", "QyĐ", "TT", "HD"]);
    }

    #[test]
    fn numbers_are_written_as_the_rule_says() {
        assert_eq!(DocumentType::Regulation.number_text(127, "TU"), "127-QĐ/TU");
        assert_eq!(DocumentType::Programme.number_text(5, "TU"), "05-CTr/TU");
    }

    #[test]
    fn a_day_ends_at_five_in_the_afternoon() {
        let day = Due::parse("2026-10-09").unwrap().unwrap();
        assert_eq!(Due::parse("2026-10-09T17:00:00+07:00"), Ok(Some(day)));
        assert_eq!(Due::parse(""), Ok(None));
        assert_eq!(Due::parse("09/10/2026"), Err(BadDate));
    }
}
