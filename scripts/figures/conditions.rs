//! Three networks under conditions that are not the usual ones, for scripts/run-figures.sh: what they cost, in ratios.
//!
//! ```text
//! conditions FOLDER CORE      prints rows of a table; packed weights are written to the folder, and the core kept busy
//! conditions busy             computes until it is killed, or who started it is gone
//! ```
//!
//! Two sessions take turns, and what counts is the median of the ratios of their medians in a turn.

use archc_runtime::{Model, Session};
use std::error::Error;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

archc_runtime::include_model!(mobilenet);
archc_runtime::include_model!(resnet50);
archc_runtime::include_model!(vgg16);

/// Turns, and how long a session runs in one.
const TURNS: usize = 15;
const TURN: Duration = Duration::from_millis(400);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["busy"] => {
            let parent = std::os::unix::process::parent_id();
            while std::os::unix::process::parent_id() == parent {
                (0..1 << 20).for_each(|_| std::hint::spin_loop());
            }
            Ok(())
        }
        [folder, core] => figures(Path::new(folder), core),
        _ => Err("usage: conditions FOLDER CORE | conditions busy".into()),
    }
}

fn figures(folder: &Path, core: &str) -> Result<(), Box<dyn Error>> {
    let models = [
        ("MobileNet", Model::seeded(&mobilenet::NETWORK, "archc")?),
        ("ResNet-50", Model::seeded(&resnet50::NETWORK, "archc")?),
    ];
    for (name, model) in &models {
        let mut sessions = [usual(model), usual(model)];
        for (i, x) in sessions[1].input_mut().iter_mut().enumerate() {
            *x = f32::from_bits(1 + i as u32 * 7919 % 0x7f_ffff);
        }
        row(
            &format!("{name}, an input of denormal numbers against one of usual ones"),
            ratio(sessions),
            Some(1.2),
        );
    }
    for (name, model) in &models {
        let sessions = || [1, 2].map(|threads| usual(model).with_threads(threads));
        row(&format!("{name}, two threads against one"), ratio(sessions()), None);
        let busy = Busy::on(core)?;
        row(
            &format!("{name}, the same while another process keeps a core busy"),
            ratio(sessions()),
            Some(1.1),
        );
        drop(busy);
    }
    let [_, resnet50] = models;
    for (name, model) in [resnet50, ("VGG-16", Model::seeded(&vgg16::NETWORK, "archc")?)] {
        let path = folder.join("packed");
        model.save_packed(&path)?;
        let start = Instant::now();
        let mapped = Model::load_packed(model.network(), &path)?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        println!("| {name}, packed weights mapped | {ms:.3} ms | under 20 ms{} |", missed(ms >= 20.0));
        row(
            &format!("{name}, run on mapped weights against weights in large pages"),
            ratio([usual(&model), usual(&mapped)]),
            None,
        );
    }
    Ok(())
}

/// A session with an input like an image's.
fn usual(model: &Model) -> Session {
    let mut session = model.session(1);
    for (i, x) in session.input_mut().iter_mut().enumerate() {
        *x = (i as f32 * 0.7).sin();
    }
    session
}

/// The second session's time by the first one's: the median of the turns, the least and the most.
fn ratio(mut sessions: [Session; 2]) -> [f64; 3] {
    let mut ratios: Vec<f64> = (0..=TURNS)
        .map(|_| {
            let [first, second] = sessions.each_mut().map(median_ms);
            second / first
        })
        .collect();
    // The first turn finds other things in the caches.
    ratios.remove(0);
    ratios.sort_by(f64::total_cmp);
    [ratios[TURNS / 2], ratios[0], ratios[TURNS - 1]]
}

/// The median of the runs of a turn, five at least.
fn median_ms(session: &mut Session) -> f64 {
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || start.elapsed() < TURN {
        let run = Instant::now();
        session.run();
        times.push(run.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn row(what: &str, [ratio, least, most]: [f64; 3], target: Option<f64>) {
    let target = target.map_or("stated".to_owned(), |t| format!("at most {t}{}", missed(ratio > t)));
    println!("| {what} | {ratio:.2} ({least:.2} to {most:.2}) | {target} |");
}

fn missed(missed: bool) -> &'static str {
    if missed { ", MISSED" } else { "" }
}

/// A process that computes on a core for as long as this lives.
struct Busy(Child);

impl Busy {
    fn on(core: &str) -> Result<Busy, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let child = Command::new("taskset").args(["-c", core]).arg(program).arg("busy").spawn();
        child.map(Busy).map_err(|e| format!("cannot start taskset (Debian: util-linux): {e}").into())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // It may have ended; then its ratio says so.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
