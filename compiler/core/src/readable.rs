//! Numbers as people read them.

/// `25,636,712`
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `640 B`, `64.3 KiB`, `528.0 MiB`
pub fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..0x10_0000 => format!("{:.1} KiB", n as f64 / 1024.0),
        0x10_0000..0x4000_0000 => format!("{:.1} MiB", n as f64 / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", n as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(25_636_712), "25,636,712");
        assert_eq!(thousands(138_357_544), "138,357,544");
    }

    #[test]
    fn bytes_have_the_unit_that_fits() {
        let texts = [0, 1023, 1024, 65_856, 1 << 20, 3 << 29, u64::MAX].map(bytes);
        let expected = ["0 B", "1023 B", "1.0 KiB", "64.3 KiB", "1.0 MiB", "1.5 GiB", "17179869184.0 GiB"];
        assert_eq!(texts, expected);
    }
}
