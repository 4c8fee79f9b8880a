//! A profile as a page of HTML with charts: one file that needs no other, and no script.

mod plot;

use super::{Group, Order, Profile, Step};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// Colours of the style sheet; algorithms beyond them share the last.
const COLOURS: usize = 7;

/// The part of the whole time below which a step may be hidden.
const SMALL: f64 = 0.001;

/// The whole page.
pub(crate) fn page(profile: &Profile) -> String {
    let groups = profile.groups();
    let Profile { network, mode, isa, batch, threads, .. } = profile;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (profile.title()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (network) }
                div.what {
                    (mode) ", batch " (batch) ", " (isa) " on " (threads) @if *threads == 1 { " thread" } @else { " threads" }
                }
                (facts(profile))
                @if let Some(warning) = profile.warning() { p.warning { (warning) } }
                h2 { "Algorithms" }
                (algorithms(profile, &groups))
                h2 { "Roofline" }
                (plot::plot(profile, &groups))
                h2 { "Steps" }
                (steps(profile, &groups))
                h2 { "The machine" }
                p { (profile.roofline.describe()) "." }
            }
        }
    };
    page.into_string()
}

/// The class of an algorithm's colour.
fn colour(groups: &[Group<'_>], algorithm: &str) -> String {
    let at = groups.iter().position(|group| group.algorithm == algorithm).unwrap_or(COLOURS);
    format!("c{}", at.min(COLOURS - 1))
}

fn percent(part: f64) -> String {
    format!("{:.1}%", 100.0 * part)
}

/// What the whole takes.
fn facts(profile: &Profile) -> Markup {
    let macs: u64 = profile.steps.iter().map(|step| step.macs).sum();
    let gflops = 2e-6 * macs as f64 / profile.min_ms;
    let all = [
        (format!("best of {} runs", profile.runs), format!("{:.3} ms", profile.min_ms)),
        ("median".to_owned(), format!("{:.3} ms", profile.median_ms)),
        ("all steps, each at its best".to_owned(), format!("{:.3} ms", profile.steps_ms)),
        ("all steps at the roofline".to_owned(), format!("{:.3} ms", profile.roof_ms)),
        ("the best run".to_owned(), format!("{gflops:.1} GFLOP/s")),
        ("the machine's peak".to_owned(), format!("{:.1} GFLOP/s", profile.roofline.peak_gflops())),
    ];
    html! {
        dl.facts {
            @for (name, value) in all {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// The time of each algorithm, which also tells its colour.
fn algorithms(profile: &Profile, groups: &[Group<'_>]) -> Markup {
    html! {
        div.stack {
            @for group in groups {
                @let share = group.ms / profile.steps_ms;
                span class=(colour(groups, group.algorithm)) style={ "width:" (percent(share)) }
                    title={ (group.algorithm) ", " (percent(share)) } {}
            }
        }
        table {
            thead {
                tr {
                    th { "Algorithm" }
                    th.number { "Steps" }
                    th.number { "ms" }
                    th.number { "Time" }
                    th.number { "Roofline" }
                    th.number { "Above it, ms" }
                    th.number { "Multiplications" }
                }
            }
            tbody {
                @for group in groups {
                    tr {
                        td { span.swatch.(colour(groups, group.algorithm)) {} (group.algorithm) }
                        td.number { (group.steps) }
                        td.number { (format!("{:.3}", group.ms)) }
                        td.number { (percent(group.ms / profile.steps_ms)) }
                        td.number { (format!("{:.0}%", 100.0 * group.roof_ms / group.ms)) }
                        td.number { (format!("{:.3}", (group.ms - group.roof_ms).max(0.0))) }
                        td.number { (group.multiplications()) }
                    }
                }
            }
        }
    }
}

/// All numbers of all steps, with a bar for each.
fn steps(profile: &Profile, groups: &[Group<'_>]) -> Markup {
    let longest = profile.steps.iter().map(|step| step.ms).fold(f64::MIN_POSITIVE, f64::max);
    let (by_time, by_lost) = (ranks(profile, Order::Time), ranks(profile, Order::Lost));
    html! {
        p {
            "A bar is the best time of a step; its full part is the time in which this machine can do the step at best, by the "
            "multiplications that the algorithm does or by the bytes that go in and out, whichever takes longer: the step's part "
            "of the roofline. GFLOP/s and the part of the peak count the multiplications that the operation is written with, so "
            "that an algorithm that needs fewer may pass 100% of the peak, and not of the roofline."
        }
        input type="radio" name="order" id="by-network" checked;
        label.choices for="by-network" { "as in the network" }
        input type="radio" name="order" id="by-time";
        label.choices for="by-time" { "longest first" }
        input type="radio" name="order" id="by-lost";
        label.choices for="by-lost" { "most time above the roofline first" }
        input type="checkbox" id="hide";
        label for="hide" { "without steps below " (percent(SMALL)) " of the time" }
        table.steps {
            thead {
                tr {
                    th { "Step" }
                    th { "Operation" }
                    th { "Output" }
                    th { "Algorithm" }
                    th { "Time" }
                    th.number { "ms" }
                    th.number { "Median" }
                    th.number { "%" }
                    th.number { "GFLOP/s" }
                    th.number { "Peak" }
                    th.number { "Roofline" }
                    th.number { "Bound by" }
                }
            }
            tbody {
                @for (place, step) in profile.steps.iter().enumerate() {
                    tr class=[(step.share < SMALL).then_some("small")]
                        style={ "--time:" (by_time[place]) ";--lost:" (by_lost[place]) } {
                        (row(step, &colour(groups, &step.algorithm), longest))
                    }
                }
            }
        }
    }
}

fn row(step: &Step, colour: &str, longest: f64) -> Markup {
    let tooltip = format!(
        "{} to {}, {:.2} MB, {:.4} ms at the roofline",
        step.input,
        step.output,
        1e-6 * step.bytes as f64,
        step.roof_ms
    );
    html! {
        // Long names break at their dots.
        td { @for part in step.name.split_inclusive('.') { (part) wbr; } }
        td { (step.operation) }
        td title=(tooltip) { (step.output) }
        td { span.swatch.(colour) {} (step.algorithm) }
        td title=(tooltip) {
            span.bar.(colour) style={ "width:" (percent(step.ms / longest)) } {
                span style={ "width:" (percent(step.of_roofline.min(1.0))) } {}
            }
        }
        td.number { (format!("{:.4}", step.ms)) }
        td.number { (format!("{:.4}", step.median_ms)) }
        td.number { (format!("{:.1}", 100.0 * step.share)) }
        td.number { @if step.macs > 0 { (format!("{:.0}", step.gflops())) } }
        td.number { @if step.macs > 0 { (format!("{:.0}%", 100.0 * step.of_peak)) } }
        td.number { (format!("{:.0}%", 100.0 * step.of_roofline)) }
        td.number { (step.bound.word()) }
    }
}

/// For each step, in the order of the network, its place in another order.
fn ranks(profile: &Profile, order: Order) -> Vec<usize> {
    let mut ranks = vec![0; profile.steps.len()];
    for (rank, place) in profile.places(order).into_iter().enumerate() {
        ranks[place] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::{profile, step};

    #[test]
    fn a_page_needs_no_other_file() {
        let page = page(&profile(vec![step("stage.0.conv1", 12), step("conv2", 1)]));
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
        for word in ["://", "<script", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(word), "{word}");
        }
        // Where an attribute comes twice, the first one counts.
        assert!(!page.split('<').any(|tag| tag.matches(" class=").count() > 1), "{page}");
        // A row and a circle each, and a bar as long as the other's.
        assert_eq!(page.matches("<circle").count(), 2);
        assert_eq!(page.matches(r#"class="bar c0" style="width:100.0%""#).count(), 2);
        assert!(page.contains("stage.<wbr>0.<wbr>conv1<wbr>"));
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn names_are_text() {
        let mut step = step(r#"<script>alert("1")</script>&amp;"#, 3);
        step.operation = "</td><b>bold".to_owned();
        step.output = r#"1x1" onclick="x"#.to_owned();
        step.algorithm = "a<i>".to_owned();
        let mut profile = profile(vec![step]);
        profile.network = "</title><img src=x>".to_owned();
        let page = page(&profile);
        for word in ["<script", "<b>", "<i>", "<img", r#"" onclick=""#] {
            assert!(!page.contains(word), "{word} in {page}");
        }
        assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;"), "{page}");
    }

    #[test]
    fn rows_know_their_place_in_each_order() {
        let mut steps = vec![step("a", 15), step("b", 2), step("c", 10)];
        (steps[0].ms, steps[1].ms, steps[2].share) = (9.0, 7.0, 0.0001);
        let page = page(&profile(steps));
        let rows: Vec<&str> = page.split("<tr").filter(|row| row.contains("--time:")).collect();
        for (row, places) in rows.iter().zip(["--time:0;--lost:2", "--time:2;--lost:0", "--time:1;--lost:1"])
        {
            assert!(row.contains(places), "{places} in {row}");
        }
        let small: Vec<bool> = rows.iter().map(|row| row.contains(r#"class="small""#)).collect();
        assert_eq!(small, [false, false, true]);
    }

    #[test]
    fn a_network_that_multiplies_nothing_has_a_page() {
        let page = page(&profile(vec![step("relu1", 0)]));
        assert!(!page.contains("<svg") && page.contains("relu1"));
    }
}
