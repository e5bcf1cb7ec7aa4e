//! Exact figures: sums and differences of what reports say. No figure ever becomes a float, and what is too large is
//! said to be so, never wrapped.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Malformed;
use crate::limits;

/// An exact figure: unscaled / 10^scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decimal {
    /// All digits with the sign, without the decimal point.
    pub unscaled: i64,
    /// How many of them are after the decimal point.
    pub scale: u32,
}

impl Decimal {
    /// What figures of any scale are sorted by: the value in units of the last decimal place that there may be.
    pub fn rank(self) -> i128 {
        let places = limits::DECIMAL_SCALE.saturating_sub(self.scale);
        i128::from(self.unscaled) * 10_i128.pow(places)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Exact::from(*self).fmt(f)
    }
}

impl std::str::FromStr for Decimal {
    type Err = Malformed;

    /// Reads `-12.50`, exactly as written.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let all_digits = digits.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if digits.is_empty()
            || !all_digits
            || text.ends_with('.')
            || fraction.len() > limits::DECIMAL_SCALE as usize
        {
            return Err(Malformed("figure"));
        }
        let unscaled = format!("{whole}{fraction}").parse().map_err(|_| Malformed("figure"))?;
        Ok(Self { unscaled, scale: fraction.len() as u32 })
    }
}

/// An exact figure that is a sum or difference of others: unscaled / 10^scale.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    unscaled: i128,
    scale: u32,
}

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// Both with as many decimal places; none: too large.
    fn alike(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let wide = |one: Self| one.unscaled.checked_mul(10_i128.checked_pow(scale - one.scale)?);
        Some((wide(self)?, wide(other)?, scale))
    }

    /// The sum; none: it is too large.
    pub fn plus(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.alike(other)?;
        Some(Self { unscaled: one.checked_add(other)?, scale })
    }

    /// The difference; none: it is too large.
    pub fn minus(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.alike(other)?;
        Some(Self { unscaled: one.checked_sub(other)?, scale })
    }

    /// How often another one is in it, rounded half up; none: it has no such number, or one below 0.
    pub fn times(self, other: Self) -> Option<u128> {
        let (one, other, _) = self.alike(other)?;
        let (one, other) = (u128::try_from(one).ok()?, u128::try_from(other).ok()?);
        one.checked_mul(2)?.checked_add(other)?.checked_div(other.checked_mul(2)?)
    }

    /// Its part of a whole, in thousandths, at most 1000: the height of a bar. What is below 0 has none.
    pub fn per_mille_of(self, whole: Self) -> u32 {
        let part = || {
            let (part, whole, _) = self.alike(whole)?;
            // What is too large for the third power of ten is measured without its last digits.
            let (part, whole) =
                if part > i128::MAX / 1000 { (part / 1000, whole / 1000) } else { (part, whole) };
            (part > 0 && whole > 0).then(|| (part * 1000 / whole).clamp(0, 1000) as u32)
        };
        part().unwrap_or(0)
    }

    /// Whether it is above 0.
    pub fn is_positive(self) -> bool {
        self.unscaled > 0
    }

    /// The same as figures of reports are written; none: it has too many digits.
    pub fn decimal(self) -> Option<Decimal> {
        Some(Decimal { unscaled: i64::try_from(self.unscaled).ok()?, scale: self.scale })
    }
}

impl From<Decimal> for Exact {
    fn from(figure: Decimal) -> Self {
        Self { unscaled: figure.unscaled.into(), scale: figure.scale }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    /// By value: 1.5 and 1.50 are equal. What cannot be brought to one scale is told apart by its size before the point.
    fn cmp(&self, other: &Self) -> Ordering {
        let whole = |one: &Self| one.unscaled / 10_i128.checked_pow(one.scale).unwrap_or(i128::MAX);
        match self.alike(*other) {
            Some((one, other, _)) => one.cmp(&other),
            None => whole(self).cmp(&whole(other)),
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0width$}", self.unscaled.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        text.parse::<Decimal>().unwrap().into()
    }

    #[test]
    fn what_floats_get_wrong_is_right() {
        assert_eq!(exact("0.1").plus(exact("0.2")).unwrap().to_string(), "0.3");
        let large = exact("9007199254740993");
        assert_eq!(large.minus(exact("1")).unwrap().to_string(), "9007199254740992");
        assert_eq!(exact("1.005").plus(exact("1")).unwrap().to_string(), "2.005");
        assert_eq!(exact("-0.05").to_string(), "-0.05");
        assert!(exact("1.50") == exact("1.5") && exact("1.5") < exact("1.51"));
        assert_eq!((exact("5").times(exact("2")), exact("4.9").times(exact("2"))), (Some(3), Some(2)));
        assert_eq!((exact("1").times(Exact::ZERO), exact("-4").times(exact("2"))), (None, None));
        assert_eq!(exact("1").per_mille_of(exact("3")), 333);
        assert_eq!((exact("-1").per_mille_of(exact("3")), exact("1").per_mille_of(Exact::ZERO)), (0, 0));
    }

    proptest! {
        /// Sums are those of the digits, in any order, and nothing panics at the edges.
        #[test]
        fn sums_are_exact(figures in prop::collection::vec((any::<i64>(), 0_u32..=18), 1..20)) {
            let all: Vec<Exact> =
                figures.iter().map(|(unscaled, scale)| Decimal { unscaled: *unscaled, scale: *scale }.into()).collect();
            let sum = |of: &[Exact]| of.iter().try_fold(Exact::ZERO, |sum, one| sum.plus(*one));
            let turned: Vec<Exact> = all.iter().rev().copied().collect();
            prop_assert_eq!(sum(&all), sum(&turned));
            let whole: i128 = figures.iter().map(|(unscaled, scale)| i128::from(*unscaled) * 10_i128.pow(18 - scale)).sum();
            prop_assert_eq!(sum(&all), Some(Exact { unscaled: whole, scale: 18 }));
            for one in &all {
                prop_assert!(one.per_mille_of(all[0]) <= 1000);
                let _ = (one.times(all[0]), one.cmp(&all[0]));
            }
        }
    }
}
