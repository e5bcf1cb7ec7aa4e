//! Which types of papers which bodies do not issue (Quy định 399-QĐ/TW of 9 January 2026), as rows of data. The symbol of a
//! number tells the body: TU, HU and ĐU are the committee's, which its executive and standing committees share; any other
//! is that of a body which serves it.
//!
//! Only what no reading of the regulation allows stands here. What offices differ in, as whether an office of a commune
//! issues schemes, is theirs to decide.

use crate::date::Date;
use crate::paper::DocumentType;
use crate::registry::Tier;

/// The bodies that papers of an office come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Body {
    /// Cấp ủy: ban chấp hành, ban thường vụ.
    Committee,
    /// Văn phòng, ban xây dựng Đảng, ủy ban kiểm tra …
    Served,
}

/// What a body does not issue.
struct Row {
    tiers: &'static [Tier],
    body: Body,
    /// Papers that bear this date or a later one.
    from: &'static str,
    types: &'static [DocumentType],
}

const FROM: &str = "2026-01-09";
const ROWS: &[Row] = {
    use DocumentType::{Circular, Communique, Conclusion, Directive, Resolution};
    &[
        Row {
            tiers: &[Tier::District, Tier::Commune],
            body: Body::Committee,
            from: FROM,
            types: &[Communique],
        },
        Row {
            tiers: &[Tier::Hub, Tier::Province, Tier::District, Tier::Commune],
            body: Body::Served,
            from: FROM,
            types: &[Resolution, Directive, Circular, Communique],
        },
        // A committee's own office concludes in notices; others who serve it, as those who inspect, conclude.
        Row { tiers: &[Tier::District, Tier::Commune], body: Body::Served, from: FROM, types: &[Conclusion] },
    ]
};

/// Whether a body of an office issues papers of a type that bear a date. `symbol`: the body's; none: a paper without a
/// number, which any body of the office may have issued.
pub fn issues(tier: Tier, symbol: Option<&str>, kind: DocumentType, issued: Date) -> bool {
    let bodies: &[Body] = match symbol {
        None => &[Body::Committee, Body::Served],
        Some(symbol) if is_committee(symbol) => &[Body::Committee],
        Some(_) => &[Body::Served],
    };
    bodies.iter().any(|body| {
        !ROWS.iter().any(|row| {
            let since = row.from.parse::<Date>().is_ok_and(|from| from <= issued);
            row.body == *body && row.tiers.contains(&tier) && since && row.types.contains(&kind)
        })
    })
}

fn is_committee(symbol: &str) -> bool {
    [Tier::Province, Tier::District, Tier::Commune].iter().any(|tier| tier.symbols().first() == Some(&symbol))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_body_does_not_issue() {
        let day: Date = "2026-01-09".parse().unwrap();
        let not = |tier, symbol| {
            let all = DocumentType::ALL.iter().copied();
            let not = all.filter(|kind| !issues(tier, symbol, *kind, day));
            not.map(DocumentType::code).collect::<Vec<_>>()
        };
        assert!(not(Tier::Province, Some("TU")).is_empty());
        assert_eq!(not(Tier::Province, Some("VPTU")), ["NQ", "CT", "TT", "TC"]);
        assert_eq!(not(Tier::Commune, Some("ĐU")), ["TC"]);
        assert_eq!(not(Tier::Commune, Some("VPĐU")), ["NQ", "CT", "KL", "TT", "TC"]);
        assert_eq!(not(Tier::Commune, None), ["TC"]);
        assert!(not(Tier::Province, None).is_empty());
        let before = "2026-01-08".parse().unwrap();
        assert!(issues(Tier::Commune, Some("VPĐU"), DocumentType::Resolution, before));
    }
}
