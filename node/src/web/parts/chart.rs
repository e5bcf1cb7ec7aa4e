//! Charts as SVG, each with its figures as a table below. Missing data is a gap, never zero; series differ by pattern
//! as well as by colour.

use maud::{Markup, html};

use crate::web::visit::Visit;

/// One bar of a chart.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What the bar stands for.
    pub label: String,
    /// Its height in thousandths of the chart's; none: no data.
    pub height: Option<u32>,
    /// The value in words.
    pub told: String,
}

/// Width of a bar's column and height of the chart, CSS pixels. Charts are not scaled, so their text is as large as all
/// other text.
const STEP: f64 = 60.0;
const HEIGHT: f64 = 180.0;
const FOOT: f64 = 22.0;

/// A bar chart with its figures as a table.
pub fn bars(visit: &Visit, title: &str, bars: &[Bar]) -> Markup {
    let width = STEP * bars.len().max(4) as f64;
    let room = HEIGHT - FOOT - 18.0;
    let no_data = visit.word("rep-no-data");
    html! {
        figure.chart {
            figcaption { (title) }
            div.scroll tabindex="0" { svg width=(width) height=(HEIGHT) viewBox={ "0 0 " (width) " " (HEIGHT) } role="img" aria-label=(title) {
                line.axisline x1="0" y1=(HEIGHT - FOOT) x2=(width) y2=(HEIGHT - FOOT) {}
                @for (index, bar) in bars.iter().enumerate() {
                    @let x = index as f64 * STEP + STEP * 0.18;
                    @let wide = STEP * 0.64;
                    @match bar.height {
                        Some(height) => {
                            @let high = (f64::from(height) / 1000.0 * room).max(1.0);
                            rect.bar x=(round(x)) y=(round(HEIGHT - FOOT - high)) width=(round(wide)) height=(round(high)) {
                                title { (bar.label) ": " (bar.told) }
                            }
                            text.val x=(round(x + wide / 2.0)) y=(round(HEIGHT - FOOT - high - 5.0)) text-anchor="middle" { (bar.told) }
                        }
                        None => {
                            rect.nodata x=(round(x)) y=(round(HEIGHT - FOOT - 26.0)) width=(round(wide)) height="26" {
                                title { (bar.label) ": " (no_data) }
                            }
                        }
                    }
                    text.lab x=(round(x + wide / 2.0)) y=(HEIGHT - 6.0) text-anchor="middle" { (bar.label) }
                }
            } }
            details {
                summary { (visit.word("chart-table")) }
                table {
                    tbody { @for bar in bars { tr { th scope="row" { (bar.label) } td.r { @if bar.height.is_some() { (bar.told) } @else { (no_data) } } } } }
                }
            }
        }
    }
}

/// A share as a thin bar: done and late, out of all.
pub fn share(done: usize, late: usize, all: usize) -> Markup {
    let all = all.max(1) as f64;
    let (done, late) = (done as f64 / all * 100.0, late as f64 / all * 100.0);
    html! {
        svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.gap width="100" height="8" {}
            rect.fill width=(round(done)) height="8" {}
            rect.lack x=(round(100.0 - late)) width=(round(late)) height="8" {}
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
