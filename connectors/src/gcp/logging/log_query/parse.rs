//! The grammar: `expression = sequence {AND sequence}`, `sequence = either {either}`, `either = term {OR term}`,
//! `term = [NOT | -] (group | comparison | function | text)`. Source: <https://google.aip.dev/160>.

use super::{Expression, Operand, Operator};

/// Brackets inside brackets. A filter has at most 20,000 characters, and people write three.
const DEEPEST: usize = 32;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Quoted(String),
    /// A text without quotes: a field, a value, a word.
    Bare(String),
    /// A function's name, right before its bracket.
    Call(String),
    Sign(&'static str),
}

/// The expression of a text; none for what is not understood.
pub(super) fn expression(text: &str) -> Option<Expression> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Some(Expression::Everything);
    }
    let mut reader = Reader { tokens, at: 0 };
    let expression = reader.every(0)?;
    (reader.at == reader.tokens.len()).then_some(expression)
}

const SIGNS: [&str; 12] = ["!=", "<=", ">=", "=~", "!~", "=", "<", ">", ":", "(", ")", ","];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let (mut left, mut tokens) = (text.trim_start(), Vec::new());
    while !left.is_empty() {
        if let Some(comment) = left.strip_prefix("--") {
            left = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        if let Some(quote) = left.chars().next().filter(|letter| "\"'".contains(*letter)) {
            let (quoted, rest) = quoted(&left[1..], quote)?;
            tokens.push(Token::Quoted(quoted));
            left = rest.trim_start();
            continue;
        }
        if let Some(sign) = SIGNS.iter().find(|sign| left.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            left = left[sign.len()..].trim_start();
            continue;
        }
        let end = left.find(|letter: char| letter.is_whitespace() || "=!<>:(),\"'".contains(letter));
        let end = end.unwrap_or(left.len());
        let (word, rest) = left.split_at(end);
        if word.is_empty() {
            return None;
        }
        // A part of a field in quotes (`labels."a/b"`) stands right behind its dot.
        if word.ends_with('.') {
            let quote = rest.chars().next().filter(|letter| "\"'".contains(*letter))?;
            let (inner, rest) = quoted(&rest[1..], quote)?;
            if rest.starts_with('.') || inner.contains('.') {
                return None;
            }
            tokens.push(Token::Bare(format!("{word}{inner}")));
            left = rest.trim_start();
            continue;
        }
        let is_call = rest.starts_with('(') && !["AND", "OR", "NOT", "-"].contains(&word);
        tokens.push(if is_call { Token::Call(word.to_owned()) } else { Token::Bare(word.to_owned()) });
        left = rest.trim_start();
    }
    Some(tokens)
}

/// The text up to the closing quote, and what follows.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let (mut inside, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, escaped @ ('"' | '\'' | '\\'))) => inside.push(escaped),
                _ => return None,
            },
            letter if letter == quote => return Some((inside, &text[at + 1..])),
            letter => inside.push(letter),
        }
    }
    None
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> bool {
        self.take(&Token::Bare(word.to_owned()))
    }

    /// Parts one after the other, with or without `AND`, must all hold.
    fn every(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.either(depth)?];
        while !matches!(self.peek(), None | Some(Token::Sign(")"))) {
            self.word("AND");
            parts.push(self.either(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn either(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.term(depth)?];
        while self.word("OR") {
            parts.push(self.term(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn term(&mut self, depth: usize) -> Option<Expression> {
        if depth > DEEPEST {
            return None;
        }
        if self.word("NOT") || self.word("-") {
            return Some(Expression::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.take(&Token::Sign("(")) {
            let inner = self.every(depth + 1)?;
            return self.take(&Token::Sign(")")).then_some(inner);
        }
        match self.next()? {
            Token::Quoted(text) if matches!(self.peek(), Some(Token::Sign("=" | "!=" | ":" | "=~" | "!~"))) => {
                self.comparison(&text, depth)
            }
            Token::Quoted(text) => Some(Expression::Somewhere(text)),
            Token::Bare(word) if ["AND", "OR"].contains(&word.as_str()) => None,
            Token::Bare(word) => match word.strip_prefix('-') {
                Some(rest) => Some(Expression::Not(Box::new(self.simple(rest, depth)?))),
                None => self.simple(&word, depth),
            },
            Token::Call(name) => match name.strip_prefix('-') {
                Some(rest) => Some(Expression::Not(Box::new(self.function(rest)?))),
                None => self.function(&name),
            },
            Token::Sign(_) => None,
        }
    }

    /// What begins with a word: a comparison, or the word alone.
    fn simple(&mut self, word: &str, depth: usize) -> Option<Expression> {
        match self.peek() {
            Some(Token::Sign("=" | "!=" | "<" | ">" | "<=" | ">=" | "=~" | "!~" | ":")) => self.comparison(word, depth),
            _ => Some(Expression::Somewhere(word.to_owned())),
        }
    }

    /// `log_id("…")` is the part of the entry's log name behind `/logs/`. Other functions are not understood.
    fn function(&mut self, name: &str) -> Option<Expression> {
        self.at += 1;
        let (mut open, mut inside) = (1, Vec::new());
        while open > 0 {
            let token = self.next()?;
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open -= 1,
                _ => {}
            }
            inside.push(token);
        }
        inside.pop();
        Some(match (name.to_ascii_lowercase().as_str(), inside.as_slice()) {
            ("log_id", [Token::Quoted(id) | Token::Bare(id)]) => Expression::Compare {
                field: vec!["log_id".to_owned()],
                operator: Operator::Equal,
                value: Operand::Text(id.clone()),
            },
            _ => Expression::NotUnderstood,
        })
    }

    fn comparison(&mut self, field: &str, depth: usize) -> Option<Expression> {
        let operator = match self.next()? {
            Token::Sign("=") => Operator::Equal,
            Token::Sign("!=") => Operator::NotEqual,
            Token::Sign(":") => Operator::Has,
            Token::Sign("<") => Operator::Less,
            Token::Sign("<=") => Operator::LessOrEqual,
            Token::Sign(">") => Operator::Greater,
            Token::Sign(">=") => Operator::GreaterOrEqual,
            Token::Sign("=~") => Operator::Fits,
            Token::Sign("!~") => Operator::FitsNot,
            _ => return None,
        };
        let value = self.operand(depth)?;
        let field = field.split('.').map(str::to_owned).collect();
        Some(Expression::Compare { field, operator, value })
    }

    fn operand(&mut self, depth: usize) -> Option<Operand> {
        if depth > DEEPEST {
            return None;
        }
        if self.word("NOT") {
            return Some(Operand::Not(Box::new(self.operand(depth + 1)?)));
        }
        if self.take(&Token::Sign("(")) {
            let inner = self.operands(depth + 1)?;
            return self.take(&Token::Sign(")")).then_some(inner);
        }
        match self.next()? {
            Token::Quoted(text) => Some(Operand::Text(text)),
            Token::Bare(word) if word == "*" => Some(Operand::Anything),
            // A star within a word without quotes is a pattern.
            Token::Bare(word) if word.contains('*') || ["AND", "OR"].contains(&word.as_str()) => None,
            Token::Bare(word) => Some(Operand::Text(word)),
            Token::Call(_) | Token::Sign(_) => None,
        }
    }

    fn operands(&mut self, depth: usize) -> Option<Operand> {
        let mut every = vec![self.either_operand(depth)?];
        while !matches!(self.peek(), None | Some(Token::Sign(_))) || self.peek() == Some(&Token::Sign("(")) {
            self.word("AND");
            every.push(self.either_operand(depth)?);
        }
        Some(if every.len() == 1 { every.remove(0) } else { Operand::All(every) })
    }

    fn either_operand(&mut self, depth: usize) -> Option<Operand> {
        let mut parts = vec![self.operand(depth)?];
        while self.word("OR") {
            parts.push(self.operand(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Operand::Any(parts) })
    }
}
