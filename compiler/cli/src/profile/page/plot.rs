//! The roofline as it is usually drawn: what is done in a second over what is done for each byte, both by ratios.

use super::{colour, percent};
use crate::profile::{Group, Profile, Step};
use maud::{Markup, html};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 400.0;
/// Around the plot, for the numbers of its axes: left, right, top, bottom.
const AROUND: [f64; 4] = [48.0, 12.0, 12.0, 40.0];

/// Operations for each byte, and 10^9 operations in a second, that the algorithm does.
fn point(step: &Step) -> (f64, f64) {
    let flops = 2.0 * step.products as f64;
    (flops / step.bytes.max(1) as f64, 1e-6 * flops / step.ms)
}

/// An axis by ratios.
#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    /// Where they are in the picture.
    from: f64,
    to: f64,
}

impl Axis {
    /// With all of these numbers.
    fn around(numbers: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Axis {
        /// What there is at both ends, and at least.
        const ROOM: f64 = 1.5;
        let low = numbers.clone().fold(f64::MAX, f64::min) / ROOM;
        let high = numbers.fold(f64::MIN_POSITIVE, f64::max) * ROOM;
        Axis { low, high, from, to }
    }

    fn place(&self, number: f64) -> f64 {
        let part = (number / self.low).ln() / (self.high / self.low).ln();
        self.from + (self.to - self.from) * part.clamp(0.0, 1.0)
    }

    /// The distance in the picture of ten times a number.
    fn decade(&self) -> f64 {
        (self.to - self.from) / (self.high / self.low).log10()
    }

    /// 1, 2 and 5 times the powers of ten.
    fn ticks(&self) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().floor() as i32;
        let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)));
        all.filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }
}

/// A circle for each step that multiplies, below the roof of the machine.
pub(super) fn plot(profile: &Profile, groups: &[Group<'_>]) -> Markup {
    let mut steps: Vec<&Step> = profile.steps.iter().filter(|step| step.products > 0).collect();
    if steps.is_empty() {
        return html! { p { "No step multiplies more than it moves." } };
    }
    // Small circles lie on large ones.
    steps.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    let mut peaks = vec![(profile.roofline.peak_gflops(), "f32")];
    peaks.extend(profile.roofline.tile_peak_gflops().map(|peak| (peak, "bf16 by AMX")));
    let points = steps.iter().map(|step| point(step));
    let [left, right, top, bottom] = AROUND;
    let x = Axis::around(points.clone().map(|(x, _)| x), left, WIDTH - right);
    let y =
        Axis::around(points.map(|(_, y)| y).chain(peaks.iter().map(|(peak, _)| *peak)), HEIGHT - bottom, top);
    let short = |number: f64| format!("{number:.1}");
    html! {
        p {
            "Each circle is a step, its area the time of it. At a solid line all units multiply; at a dashed one memory of that "
            "size gives all the bytes that it can. Multiplications are those that the algorithm does. Steps that only move numbers "
            "are not here."
        }
        svg role="img" aria-label="Roofline" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            @for tick in x.ticks() {
                @let at = short(x.place(tick));
                line.grid x1=(at) x2=(at) y1=(top) y2=(HEIGHT - bottom) {}
                text x=(at) y=(HEIGHT - bottom + 15.0) text-anchor="middle" { (tick_text(tick)) }
            }
            @for tick in y.ticks() {
                @let at = short(y.place(tick));
                line.grid x1=(left) x2=(WIDTH - right) y1=(at) y2=(at) {}
                text x=(left - 6.0) y=(at) dy="4" text-anchor="end" { (tick_text(tick)) }
            }
            text x=((left + WIDTH - right) / 2.0) y=(HEIGHT - 6.0) text-anchor="middle" { "operations for each byte" }
            text transform={ "translate(12 " (HEIGHT / 2.0) ") rotate(-90)" } text-anchor="middle" { "GFLOP/s" }
            (roofs(profile, x, y, &peaks))
            @for step in steps {
                @let (at, height) = point(step);
                @let radius = (1800.0 * step.share).sqrt().max(2.5);
                circle class=(colour(groups, &step.algorithm)) cx=(short(x.place(at))) cy=(short(y.place(height))) r=(short(radius)) {
                    title {
                        (step.name) ": " (step.operation) ", " (step.algorithm) ", " (format!("{:.4}", step.ms)) " ms, "
                        (percent(step.of_roofline)) " of the roofline"
                    }
                }
            }
        }
    }
}

/// The peaks, and a line for each size of memory whose rate differs from that of the size before.
fn roofs(profile: &Profile, x: Axis, y: Axis, peaks: &[(f64, &str)]) -> Markup {
    let highest = peaks.iter().map(|(peak, _)| *peak).fold(0.0, f64::max);
    let mut drawn = f64::MAX;
    let mut lines = Vec::new();
    for (size, gigabytes) in profile.roofline.gigabytes() {
        if gigabytes * 1.2 < drawn {
            drawn = gigabytes;
            // From where the line enters the picture to where it meets the highest peak.
            let start = x.low.max(y.low / gigabytes);
            let end = (highest / gigabytes).min(x.high);
            if start < end {
                lines.push((size, start, end, gigabytes));
            }
        }
    }
    let short = |number: f64| format!("{number:.1}");
    // In degrees: twice the operations for each byte are twice the operations in a second.
    let slope = (y.decade() / x.decade()).atan().to_degrees();
    let fastest = lines.first().map_or(f64::MAX, |&(.., gigabytes)| gigabytes);
    html! {
        @for (size, start, end, gigabytes) in lines {
            @let (left, bottom) = (short(x.place(start)), short(y.place(start * gigabytes)));
            line.memory x1=(left) y1=(bottom) x2=(short(x.place(end))) y2=(short(y.place(end * gigabytes))) {}
            // Along its line, so that no text lies on another.
            text transform={ "translate(" (left) " " (bottom) ") rotate(" (short(slope)) ")" } dx="14" dy="-4" {
                (size) ", " (format!("{gigabytes:.0} GB/s"))
            }
        }
        @for (peak, what) in peaks {
            @let height = short(y.place(*peak));
            line.roof x1=(short(x.place(peak / fastest))) x2=(short(x.to)) y1=(height) y2=(height) {}
            text x=(short(x.to - 4.0)) y=(height) dy="-6" text-anchor="end" { (format!("{peak:.0} GFLOP/s of {what}")) }
        }
    }
}

/// Without zeros that say nothing.
fn tick_text(tick: f64) -> String {
    if tick >= 1.0 { format!("{tick:.0}") } else { format!("{tick:.5}").trim_end_matches('0').to_owned() }
}
