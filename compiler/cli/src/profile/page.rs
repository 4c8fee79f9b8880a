//! A profile as a page of HTML with a chart: one file that needs no other, and no script.

use super::{Group, Profile};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Colours of algorithms, those that take longest first; the others share the last.
const COLOURS: [&str; 7] = ["#3b6ea8", "#c8743c", "#4f9467", "#8a5fa6", "#b0a13a", "#b55468", "#7a7a7a"];

const STYLE: &str = "
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; max-width: 75em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .15em .7em; text-align: left; border-bottom: 1px solid #ddd; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
svg text { font: 11px system-ui, sans-serif; fill: #222; }
.swatch { display: inline-block; width: .9em; height: .9em; margin-right: .4em; }
";

/// Widths and heights of the chart.
const NAMES: u32 = 330;
const BARS: u32 = 560;
const NUMBERS: u32 = 110;
const ROW: u32 = 16;

/// The whole page.
pub(crate) fn page(profile: &Profile) -> String {
    let colours = Colours(profile.groups().into_iter().map(|group| group.algorithm).collect());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (profile.title()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (profile.title()) }
                p { (profile.times()) "." }
                p { "The machine: " (profile.roofline.describe()) "." }
                (algorithms(profile, &colours))
                p {
                    "A bar is the time of a step, the full part of it the least time that the machine can do it in, by its products "
                    "or its bytes, whichever takes longer."
                }
                (chart(profile, &colours))
                (steps(profile))
            }
        }
    };
    page.into_string()
}

/// A colour for each algorithm.
struct Colours<'p>(Vec<&'p str>);

impl Colours<'_> {
    fn of(&self, algorithm: &str) -> &'static str {
        let at = self.0.iter().position(|name| *name == algorithm).unwrap_or(COLOURS.len());
        COLOURS[at.min(COLOURS.len() - 1)]
    }
}

/// The time of each algorithm, which also tells its colour.
fn algorithms(profile: &Profile, colours: &Colours<'_>) -> Markup {
    html! {
        table {
            tr { th { "Algorithm" } th.number { "ms" } th.number { "% of the time" } th.number { "% of the roofline" } }
            @for Group { algorithm: name, ms, roof_ms: least, .. } in profile.groups() {
                tr {
                    td { span.swatch style={ "background: " (colours.of(name)) } {} (name) }
                    td.number { (format!("{ms:.4}")) }
                    td.number { (format!("{:.1}", 100.0 * ms / profile.steps_ms)) }
                    td.number { (format!("{:.0}", 100.0 * least / ms)) }
                }
            }
        }
    }
}

/// A bar for each step, in the order of the network.
fn chart(profile: &Profile, colours: &Colours<'_>) -> Markup {
    let longest = profile.steps.iter().map(|step| step.ms).fold(f64::MIN_POSITIVE, f64::max);
    let width = |ms: f64| format!("{:.1}", f64::from(BARS) * (ms / longest).min(1.0));
    let height = ROW as usize * profile.steps.len();
    let across = NAMES + BARS + NUMBERS;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Time of each step"
            width=(across) height=(height) viewBox={ "0 0 " (across) " " (height) } {
            @for (row, step) in profile.steps.iter().enumerate() {
                @let (top, colour) = (row * ROW as usize, colours.of(&step.algorithm));
                g transform={ "translate(0 " (top) ")" } {
                    title { (step.name) ": " (step.operation) }
                    text x=(NAMES - 6) y="11" text-anchor="end" { (tail(&step.name)) }
                    rect x=(NAMES) y="2" height=(ROW - 4) width=(width(step.ms)) fill=(colour) opacity="0.35" {}
                    rect x=(NAMES) y="2" height=(ROW - 4) width=(width(step.roof_ms.min(step.ms))) fill=(colour) {}
                    text x=(format!("{:.1}", f64::from(NAMES + 4) + f64::from(BARS) * step.ms / longest)) y="11" {
                        (format!("{:.4} ms, {:.0} %", step.ms, 100.0 * step.of_roofline))
                    }
                }
            }
        }
    }
}

/// The end of a name that is longer than the chart has room for; the table has all of it.
fn tail(name: &str) -> String {
    const MOST: usize = 52;
    match name.char_indices().rev().nth(MOST - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &name[at..]),
        _ => name.to_owned(),
    }
}

/// All numbers of all steps.
fn steps(profile: &Profile) -> Markup {
    html! {
        table {
            tr {
                th { "Step" }
                th { "Operation" }
                th { "Algorithm" }
                th.number { "ms" }
                th.number { "% of the time" }
                th.number { "GFLOP/s" }
                th.number { "MB" }
                th.number { "% of the roofline" }
                th { "Bound by" }
            }
            @for step in &profile.steps {
                tr {
                    td { (step.name) }
                    td { (step.operation) }
                    td { (step.algorithm) }
                    td.number { (format!("{:.4}", step.ms)) }
                    td.number { (format!("{:.1}", 100.0 * step.share)) }
                    td.number { @if step.macs > 0 { (format!("{:.0}", step.gflops())) } }
                    td.number { (format!("{:.2}", 1e-6 * step.bytes as f64)) }
                    td.number { (format!("{:.0}", 100.0 * step.of_roofline)) }
                    td { (step.bound.word()) }
                }
            }
        }
    }
}
