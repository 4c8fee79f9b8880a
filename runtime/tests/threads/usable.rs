//! The number of threads follows what the process may use.

use crate::network::NETWORK;
use crate::process;
use archc_runtime::Model;

#[test]
fn a_process_bound_to_one_core_computes_on_one_thread() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let core = allowed.trim().split([',', '-']).next().unwrap();
    let test = "usable::a_process_bound_to_one_core_computes_on_one_thread";
    if process::is_own_under(&["taskset", "-c", core], test) {
        let mut session = Model::seeded(&NETWORK, "archc").unwrap().session(1);
        assert_eq!(session.threads(), 1);
        session.run();
        let alone = session.output(0).to_vec();
        let mut more = session.with_threads(3);
        more.run();
        assert_eq!(more.output(0), alone);
    }
}
