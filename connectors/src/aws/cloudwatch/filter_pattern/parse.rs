//! The grammar of filter patterns: `&&` binds closer than `||`, and brackets closer than both.

use super::{Expression, Form, Operand, Operator, Selector, Step, Test};

/// Brackets inside brackets; a pattern has at most 1,024 characters, and people write three.
const DEEPEST: usize = 32;

type Parsed<T> = Result<T, &'static str>;

pub(super) fn form(text: &str) -> Form {
    let text = text.trim();
    if text.is_empty() {
        return Form::Everything;
    }
    let Some(inner) = text.strip_prefix('{') else { return Form::NotUnderstood("a pattern for text that is no JSON") };
    let mut rest = Reader { left: inner };
    let read = rest.either(0).and_then(|expression| {
        rest.expect("}")?;
        if rest.left.trim().is_empty() { Ok(expression) } else { Err("a text after the pattern") }
    });
    read.map_or_else(Form::NotUnderstood, Form::Json)
}

/// What is left to read.
struct Reader<'a> {
    left: &'a str,
}

impl<'a> Reader<'a> {
    fn either(&mut self, depth: usize) -> Parsed<Expression> {
        let mut parts = vec![self.both(depth)?];
        while self.take("||") {
            parts.push(self.both(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn both(&mut self, depth: usize) -> Parsed<Expression> {
        let mut parts = vec![self.unit(depth)?];
        while self.take("&&") {
            parts.push(self.unit(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn unit(&mut self, depth: usize) -> Parsed<Expression> {
        if depth > DEEPEST {
            return Err("too many brackets");
        }
        if self.take("(") {
            let inner = self.either(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let selector = self.selector()?;
        let test = self.test()?;
        Ok(Expression::Condition(selector, test))
    }

    fn selector(&mut self) -> Parsed<Selector> {
        self.expect("$")?;
        let mut steps = Vec::new();
        loop {
            if let Some(after) = self.left.strip_prefix(".[").or_else(|| self.left.strip_prefix('[')) {
                let (inside, after) = after.split_once(']').ok_or("a bracket that does not close")?;
                steps.push(index(inside.trim())?);
                self.left = after;
            } else if let Some(after) = self.left.strip_prefix('.') {
                let end = after.find(|c: char| !(c.is_alphanumeric() || "_-:@/".contains(c))).unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                if name.is_empty() {
                    return Err("a property without a name");
                }
                steps.push(Step::Member(name.to_owned()));
                self.left = after;
            } else if steps.is_empty() {
                return Err("a selector without a property");
            } else {
                return Ok(Selector(steps));
            }
        }
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.word("NOT") {
            return if self.word("EXISTS") { Ok(Test::NotExists) } else { Err("NOT without EXISTS") };
        }
        if self.word("IS") {
            let words = [("NULL", Test::IsNull), ("TRUE", Test::IsTrue), ("FALSE", Test::IsFalse)];
            let found = words.into_iter().find(|(word, _)| self.word(word));
            return found.map(|(_, test)| test).ok_or("IS without NULL, TRUE or FALSE");
        }
        let operators = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        let found = operators.into_iter().find(|(sign, _)| self.take(sign));
        let (_, operator) = found.ok_or("a property without an operator")?;
        Ok(Test::Compare(operator, self.operand()?))
    }

    fn operand(&mut self) -> Parsed<Operand> {
        self.left = self.left.trim_start();
        if let Some(after) = self.left.strip_prefix('"') {
            return self.quoted(after);
        }
        if let Some(after) = self.left.strip_prefix('%') {
            let (_, after) = after.split_once('%').ok_or("a regular expression that does not end")?;
            self.left = after;
            return Ok(Operand::NotUnderstood("a regular expression"));
        }
        let end = self.left.find(|c: char| c.is_whitespace() || ")}&|".contains(c)).unwrap_or(self.left.len());
        let (bare, after) = self.left.split_at(end);
        if bare.is_empty() {
            return Err("an operator without a value");
        }
        if bare.contains(|c: char| "\"({%$=<>!\\[],".contains(c)) {
            return Err("a value without quotes that needs them");
        }
        self.left = after;
        Ok(bare_value(bare))
    }

    fn quoted(&mut self, after: &'a str) -> Parsed<Operand> {
        let mut escaped = false;
        for (at, letter) in after.char_indices() {
            if letter == '"' && !escaped {
                self.left = &after[at + 1..];
                let text = &after[..at];
                let operand = Operand::Text(text.to_owned());
                return Ok(if text.contains('\\') { Operand::NotUnderstood("an escape") } else { operand });
            }
            escaped = letter == '\\' && !escaped;
        }
        Err("a quotation that does not end")
    }

    /// Takes a sign, after blanks.
    fn take(&mut self, sign: &str) -> bool {
        let after = self.left.trim_start().strip_prefix(sign);
        self.left = after.unwrap_or(self.left);
        after.is_some()
    }

    /// Takes a word, after blanks, that does not go on.
    fn word(&mut self, word: &str) -> bool {
        let left = self.left.trim_start();
        let Some(head) = left.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)) else { return false };
        let after = &left[head.len()..];
        let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if ends {
            self.left = after;
        }
        ends
    }

    fn expect(&mut self, sign: &'static str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err("a sign that is not expected here") }
    }
}

/// What stands in square brackets.
fn index(inside: &str) -> Parsed<Step> {
    if inside == "*" {
        return Ok(Step::Each);
    }
    for quote in ['\'', '"'] {
        if let Some(name) = inside.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Ok(Step::Member(name.to_owned()));
        }
    }
    inside.parse().map(Step::Index).map_err(|_| "an index that is no number")
}

fn bare_value(bare: &str) -> Operand {
    let is_number = bare.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    match bare.parse::<f64>() {
        Ok(number) if is_number && number.is_finite() => Operand::Number(number),
        // `4*` matches numbers that begin so.
        _ if is_number => Operand::NotUnderstood("a number with a wildcard, or an address"),
        _ => Operand::Text(bare.to_owned()),
    }
}
