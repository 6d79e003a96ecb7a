//! Wildcards of the policy language: `*` for any text, `?` for one character.
//!
//! Actions are compared without regard to case, resources with it. Escapes (`${*}`) are not known: they read as text.

/// True when `pattern` matches the whole of `text`. Wildcards inside `text` are plain characters, so that matching one
/// pattern against another tells whether it covers it.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == text[t] || (*c == '?' && text[t] != '*')) {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = retry {
            p = star + 1;
            t = from + 1;
            retry = Some((star, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// True when some text matches both patterns.
pub fn overlaps(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // row[j]: a[i..] and b[j..] have a text in common; filled from the ends.
    let mut below = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for j in (0..=b.len()).rev() {
            row[j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some('*'), Some(_)) => below[j] || row[j + 1],
                (_, Some('*')) => row[j + 1] || (i < a.len() && below[j]),
                (Some('*'), None) => below[j],
                (Some(x), Some(y)) => (x == y || *x == '?' || *y == '?') && below[j + 1],
                (Some(_), None) | (None, Some(_)) => false,
            };
        }
        below = row;
    }
    below[0]
}

/// True when the action pattern covers every action of `target` (`iam:PassRole`, `iam:*`, `*`).
pub fn covers_action(pattern: &str, target: &str) -> bool {
    let (pattern, target) = (collapsed(&pattern.to_lowercase()), target.to_lowercase());
    // every action has the form service:name, so `*:*` is everything
    matches(&pattern, &target) || (pattern.contains(':') && is_everything(&pattern.replacen(':', "", 1)))
}

/// True when some action matches both patterns.
pub fn overlaps_action(a: &str, b: &str) -> bool {
    overlaps(&a.to_lowercase(), &b.to_lowercase())
}

/// True when the resource pattern covers every resource of `target`. `arn:aws:*` counts as every resource: what it leaves
/// out are calls that name none.
pub fn covers_resource(pattern: &str, target: &str) -> bool {
    matches(&collapsed(pattern), target) || is_every_arn(pattern)
}

/// The pattern with each run of wildcards that holds a `*` as one `*`: no action or resource has an empty name, so that
/// `iam:?*` is `iam:*`.
fn collapsed(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut run = String::new();
    for c in pattern.chars().chain(std::iter::once('\0')) {
        if matches!(c, '*' | '?') {
            run.push(c);
            continue;
        }
        out.push_str(if run.contains('*') { "*" } else { &run });
        run.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// True for `*`, `**`.
pub fn is_everything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|c| c == '*')
}

fn is_every_arn(pattern: &str) -> bool {
    let mut parts = pattern.splitn(3, ':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| is_everything(partition) || partition.starts_with("aws"))
        && parts.next().map_or(pattern.ends_with('*'), |rest| {
            rest.contains('*') && rest.chars().all(|c| matches!(c, '*' | ':' | '/'))
        })
}

/// True when there is a wildcard in it.
pub fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}
