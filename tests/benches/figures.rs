//! Samples of one quantity: median, least, most.

use std::time::Duration;

/// What was measured, round by round.
#[derive(Clone, Default, Debug)]
pub(crate) struct Thresholds(Vec<f64>);

impl Thresholds {
    /// Adds a round.
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a round measured in time, in milliseconds.
    pub(crate) fn add_ms(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1e3);
    }

    /// The middle one; none if nothing was measured.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            odd if odd % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }

    /// What so many percent of the samples do not exceed, alone; none if nothing was measured.
    pub(crate) fn percentile(&self, percent: usize) -> Self {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).checked_sub(1);
        Self(rank.and_then(|rank| sorted.get(rank)).copied().into_iter().collect())
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// `least / median / most (n)`, the median between `mark`s.
    pub(crate) fn show(&self, mark: &str) -> String {
        match (self.median(), self.0.len()) {
            (None, _) => "–".to_owned(),
            (Some(only), 1) => format!("{mark}{}{mark} (1)", short(only)),
            (Some(median), count) => format!(
                "{} / {mark}{}{mark} / {} ({count})",
                short(self.least()),
                short(median),
                short(self.most())
            ),
        }
    }
}

/// A number as people read it: three digits that count, thousands apart.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        0.0..1.0 => format!("{value:.3}"),
        1.0..10.0 => format!("{value:.2}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => {
            let digits = format!("{value:.0}");
            let mut shown = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index) % 3 == 0 && !shown.ends_with('-') {
                    shown.push(',');
                }
                shown.push(digit);
            }
            shown
        }
    }
}
