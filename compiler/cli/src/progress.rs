//! A spinner on standard error while something takes long; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Shows `message` until it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn start(message: impl Into<String>) -> Progress {
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_message(message.into());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
