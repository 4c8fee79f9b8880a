//! Tests that run in a process of their own.

use std::process::Command;

/// Set in the processes that tests start.
const CHILD: &str = "ARCHC_TEST_CHILD";

/// Whether this is a process for one test; else runs this test, given by its path, in such a process.
pub(crate) fn is_own(test: &str) -> bool {
    is_own_under(&[], test)
}

/// The same, the process started by these words.
pub(crate) fn is_own_under(words: &[&str], test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let mut command = match words {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    };
    // One thread: what runs the test does not look at the clock meanwhile, nor allocate.
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{}\n{out}\n{err}", output.status);
    false
}
