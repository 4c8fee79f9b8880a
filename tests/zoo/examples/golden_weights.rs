//! Writes a golden's weights as its framework's file:  golden_weights keras/ResNet50 FILE
//!
//! The benchmark imports what this writes.

use archc_zoo_tests::Golden;

fn main() -> Result<(), &'static str> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(path), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("expected a golden, such as keras/ResNet50, and a file");
    };
    Golden::load(&name).write_weights(path.as_ref());
    Ok(())
}
