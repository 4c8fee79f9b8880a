//! From tokens to text: formatting, and comments, which tokens cannot carry.

use super::Error;
use proc_macro2::TokenStream;
use quote::quote;

/// A comment in a function's body: a statement that [`format`] turns into `// words`.
pub(super) fn comment(words: &str) -> TokenStream {
    quote! { comment!(#words); }
}

/// Formats items, and turns the statements of [`comment`] into comments.
pub(in crate::backend) fn format(tokens: TokenStream) -> Result<String, Error> {
    let failed = |message: String| Error { message, tokens: tokens.to_string() };
    let file: syn::File = syn::parse2(tokens.clone()).map_err(|e| failed(e.to_string()))?;
    let text = prettyplease::unparse(&file);
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let words = line.trim_start();
        let Some(rest) = words.strip_prefix("comment!(") else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        // A long one is broken: the opening, the literal, the end, a line each.
        let literal = match rest {
            "" => {
                let literal = lines.next().map(str::trim).unwrap_or_default();
                lines.next().is_some_and(|end| end.trim() == ");").then_some(literal)
            }
            rest => rest.strip_suffix(");"),
        };
        let literal = literal.ok_or_else(|| failed(format!("`{line}` is no comment")))?;
        let literal: syn::LitStr = syn::parse_str(literal).map_err(|e| failed(e.to_string()))?;
        out.push_str(&line[..line.len() - words.len()]);
        out.push_str("// ");
        out.push_str(&literal.value().replace(['\n', '\r'], " "));
        out.push('\n');
    }
    Ok(out)
}

/// Leaves only those names in the `use` lines at the head that the text mentions behind them.
pub(in crate::backend) fn remove_unused_imports(text: &str) -> String {
    let is_use = |line: &str| line.starts_with("use ");
    let text = &whole_uses(text);
    let body: String = text.lines().filter(|l| !is_use(l)).flat_map(|l| [l, "\n"]).collect();
    let used = |name: &str| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        body.match_indices(name)
            .any(|(at, _)| !body[..at].ends_with(word) && !body[at + name.len()..].starts_with(word))
    };
    let mut out = String::new();
    for line in text.lines() {
        if !is_use(line) {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let path = line.trim_start_matches("use ").trim_end_matches(';');
        let (module, names) = path.rsplit_once("::").unwrap_or(("", path));
        let kept: Vec<&str> = names
            .trim_matches(['{', '}'])
            .split(',')
            .map(str::trim)
            .filter(|n| !n.is_empty() && used(n))
            .collect();
        match kept.as_slice() {
            [] => {}
            [one] => out.push_str(&format!("use {module}::{one};\n")),
            several => out.push_str(&format!("use {module}::{{{}}};\n", several.join(", "))),
        }
    }
    out
}

/// The text with each `use` on one line; the formatter breaks long ones.
fn whole_uses(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= line.starts_with("use ");
        out.push_str(if inside { line.trim() } else { line });
        inside &= !line.ends_with(';');
        if !inside {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_comments() {
        let words = comment("conv1: \"3x3\"");
        let text = format(quote! { fn f() { #words g(); } }).unwrap();
        assert_eq!(text, "fn f() {\n    // conv1: \"3x3\"\n    g();\n}\n");
    }

    #[test]
    fn long_comments_stay_on_their_line() {
        let long = "branch1.conv1: conv 3x5 128, bn, leaky_relu ".repeat(4);
        let words = comment(&long);
        let text = format(quote! { fn f() { #words g(); } }).unwrap();
        assert_eq!(text, std::format!("fn f() {{\n    // {long}\n    g();\n}}\n"));
    }

    #[test]
    fn tokens_that_do_not_parse_are_an_error() {
        assert!(format(quote! { fn }).is_err());
    }

    #[test]
    fn only_used_imports_stay() {
        let text = "use a::{B, C, D};\nuse e::F;\nuse g::H;\nfn f() { B::x(); Dx; H }\n";
        assert_eq!(remove_unused_imports(text), "use a::B;\nuse g::H;\nfn f() { B::x(); Dx; H }\n");
        let broken = "use a::{\n    B, C,\n    D,\n};\nfn f() { C; D }\n";
        assert_eq!(remove_unused_imports(broken), "use a::{C, D};\nfn f() { C; D }\n");
    }
}
