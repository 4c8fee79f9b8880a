//! Tokens as a tree.

use std::collections::HashMap;

use super::lexer::{Kind, Token, tokens};
use super::tree::{
    Body, Instruction, Kernel, Module, Operand, Origin, Parameter, Space, Statement, Variable,
};
use crate::decode::Type;
use crate::fault::ParseError;

/// Registers that one kernel may declare: more is a mistake, and would only take memory.
const REGISTERS: usize = 1 << 20;

/// Bytes that one variable or parameter may have.
const BYTES: usize = 1 << 30;

/// The tree of a PTX text.
///
/// # Errors
/// The line and what stands there that is not known.
pub(crate) fn parse(text: &str) -> Result<Module, ParseError> {
    Parser { tokens: tokens(text)?, at: 0, location: None, scopes: Vec::new() }.module()
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// What the last `.loc` said: file and line.
    location: Option<(u32, u32)>,
    /// Names of registers, the innermost scope last. `%f<9>` is a name with a count.
    scopes: Vec<HashMap<String, (u32, Option<u32>)>>,
}

impl Parser {
    fn module(mut self) -> Result<Module, ParseError> {
        let mut module = Module { files: Vec::new(), variables: Vec::new(), kernels: Vec::new() };
        while let Some(token) = self.tokens.get(self.at) {
            let line = token.line;
            let Kind::Word(word) = &token.kind else { return Err(self.unexpected("a directive")) };
            match word.as_str() {
                ".version" | ".target" | ".address_size" | ".loc" => self.skip_line(line),
                ".file" => {
                    self.at += 1;
                    let number = self.integer()? as u32;
                    if let Some(Token { kind: Kind::Text(name), .. }) = self.tokens.get(self.at) {
                        module.files.push((number, name.clone()));
                    }
                    self.skip_line(line);
                }
                ".section" => self.skip_braces()?,
                ".visible" | ".weak" | ".extern" | ".common" => self.at += 1,
                ".entry" => {
                    self.at += 1;
                    module.kernels.push(self.kernel()?);
                }
                ".func" => {
                    return Err(ParseError::new(
                        line,
                        "a function that is not an entry: inline it (__forceinline__)",
                    ));
                }
                ".global" | ".const" | ".shared" => {
                    let variable = self.variable()?;
                    module.variables.push(variable);
                }
                _ => return Err(self.unexpected("a directive")),
            }
        }
        Ok(module)
    }

    fn kernel(&mut self) -> Result<Kernel, ParseError> {
        let name = self.word()?;
        let mut kernel = Kernel { name, parameters: Vec::new(), max_threads: None, body: Body::default() };
        if self.take(b'(') {
            let mut end = 0_usize;
            while !self.take(b')') {
                self.expect_word(".param")?;
                let variable = self.declaration(Space::Param)?;
                let offset = end.next_multiple_of(variable.align);
                end = offset + variable.bytes;
                kernel.parameters.push(Parameter { name: variable.name, offset, bytes: variable.bytes });
                self.take(b',');
            }
        }
        while !self.take(b'{') {
            match self.word()?.as_str() {
                ".maxntid" | ".reqntid" => {
                    let mut threads = self.integer()? as u32;
                    while self.take(b',') {
                        threads = threads.saturating_mul(self.integer()? as u32);
                    }
                    kernel.max_threads = Some(threads);
                }
                ".minnctapersm" | ".maxnctapersm" | ".maxnreg" => {
                    self.integer()?;
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected("a body in braces"));
                }
            }
        }
        self.location = None;
        self.scopes = vec![HashMap::new()];
        while let Some(token) = self.tokens.get(self.at) {
            if token.kind == Kind::Symbol(b'}') {
                self.at += 1;
                self.scopes.pop();
                if self.scopes.is_empty() {
                    return Ok(kernel);
                }
            } else {
                self.statement(&mut kernel.body)?;
            }
        }
        Err(ParseError::new(self.line(), format!("the body of {} does not end", kernel.name)))
    }

    fn statement(&mut self, body: &mut Body) -> Result<(), ParseError> {
        let line = self.line();
        if self.take(b'{') {
            self.scopes.push(HashMap::new());
            return Ok(());
        }
        if let Some(Token { kind: Kind::Word(word), .. }) = self.tokens.get(self.at) {
            match word.as_str() {
                ".reg" => return self.registers(body),
                ".shared" | ".local" => {
                    let variable = self.variable()?;
                    body.variables.push(variable);
                    return Ok(());
                }
                ".loc" => {
                    self.at += 1;
                    let (file, source) = (self.integer()? as u32, self.integer()? as u32);
                    // Line 0 stands for code that no line of the source has: the line before says more.
                    if source != 0 {
                        self.location = Some((file, source));
                    }
                    self.skip_line(line);
                    return Ok(());
                }
                ".pragma" => {
                    while !self.take(b';') {
                        self.next()?;
                    }
                    return Ok(());
                }
                _ => {}
            }
            if self.tokens.get(self.at + 1).is_some_and(|t| t.kind == Kind::Symbol(b':')) {
                body.statements.push(Statement::Label(word.clone()));
                self.at += 2;
                return Ok(());
            }
        }
        let instruction = self.instruction()?;
        body.statements.push(Statement::Instruction(instruction));
        Ok(())
    }

    fn instruction(&mut self) -> Result<Instruction, ParseError> {
        let origin = Origin { line: self.line(), source: self.location };
        let mut guard = None;
        if self.take(b'@') {
            let negated = self.take(b'!');
            let name = self.word()?;
            guard = Some((self.register(&name)?, negated));
        }
        let opcode = self.word()?;
        let mut operands = Vec::new();
        while !self.take(b';') {
            operands.push(self.operand()?);
            self.take(b',');
        }
        Ok(Instruction { origin, guard, opcode, operands })
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        if self.take(b'[') {
            // Nothing nests: without this a text of brackets would end the stack.
            if self.peek(b'[') || self.peek(b'{') {
                return Err(self.unexpected("an address"));
            }
            let base = self.operand()?;
            let mut offset = 0;
            if self.take(b'+') {
                offset = self.integer()?;
            }
            self.expect(b']')?;
            return Ok(Operand::Address(Box::new(base), offset));
        }
        if self.take(b'{') {
            let mut parts = Vec::new();
            while !self.take(b'}') {
                if self.peek(b'{') || self.peek(b'[') {
                    return Err(self.unexpected("a register"));
                }
                parts.push(self.operand()?);
                self.take(b',');
            }
            return Ok(Operand::Vector(parts));
        }
        if self.take(b'!') {
            let name = self.word()?;
            return Ok(Operand::Negated(self.register(&name)?));
        }
        if self.take(b'-') {
            return Ok(match self.next()? {
                Kind::Integer(value) => Operand::Integer(value.wrapping_neg()),
                Kind::F32(bits) => Operand::F32(bits ^ (1 << 31)),
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected("a number"));
                }
            });
        }
        Ok(match self.next()? {
            Kind::Integer(value) => Operand::Integer(value),
            Kind::F32(bits) => Operand::F32(bits),
            Kind::F64(bits) => Operand::F64(bits),
            Kind::Word(word) if word == "_" => Operand::Sink,
            Kind::Word(word) => match self.find(&word) {
                Some(register) => {
                    if self.take(b'|') {
                        let name = self.word()?;
                        return Ok(Operand::Pair(register, self.register(&name)?));
                    }
                    Operand::Register(register)
                }
                None if word.starts_with('%') => Operand::Special(word),
                // The offset of `name+4`, inside brackets, is the address's.
                None => Operand::Symbol(word, 0),
            },
            _ => {
                self.at -= 1;
                return Err(self.unexpected("an operand"));
            }
        })
    }

    /// `.reg .f32 %f<9>, %x;`
    fn registers(&mut self, body: &mut Body) -> Result<(), ParseError> {
        self.at += 1;
        let name = self.word()?;
        let line = self.line();
        let kind = Type::parse(name.trim_start_matches('.'))
            .ok_or_else(|| ParseError::new(line, format!("registers of type {name}")))?;
        loop {
            let name = self.word()?;
            let mut count = None;
            if self.take(b'<') {
                count = Some(u32::try_from(self.integer()?).unwrap_or(u32::MAX));
                self.expect(b'>')?;
            }
            let first = body.registers.len();
            if first + count.unwrap_or(1) as usize > REGISTERS {
                return Err(ParseError::new(line, format!("more than {REGISTERS} registers")));
            }
            body.registers.resize(first + count.unwrap_or(1) as usize, kind);
            if let Some(scope) = self.scopes.last_mut() {
                scope.insert(name, (first as u32, count));
            }
            if self.take(b';') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    /// `.shared .align 4 .b8 name[256];`, from the word of its space.
    fn variable(&mut self) -> Result<Variable, ParseError> {
        let space = match self.word()?.as_str() {
            ".shared" => Space::Shared,
            ".local" => Space::Local,
            ".const" => Space::Const,
            _ => Space::Global,
        };
        let mut variable = self.declaration(space)?;
        if self.take(b'=') {
            variable.initial = self.initial(variable.bytes)?;
        }
        self.expect(b';')?;
        Ok(variable)
    }

    /// `.align 4 .b8 name[256]`, or `.u64 name`.
    fn declaration(&mut self, space: Space) -> Result<Variable, ParseError> {
        let (mut align, mut kind) = (None, None);
        let name = loop {
            let word = self.word()?;
            match word.as_str() {
                ".align" => align = Some(self.integer()? as usize),
                ".ptr" | ".global" | ".shared" | ".const" | ".managed" => {}
                _ if word.starts_with('.') => kind = Type::parse(&word[1..]),
                _ => break word,
            }
        };
        let line = self.line();
        let kind = kind.ok_or_else(|| ParseError::new(line, format!("the type of {name}")))?;
        let mut count = 1_usize;
        while self.take(b'[') {
            count = match self.peek(b']') {
                true => 0,
                false => count.saturating_mul(usize::try_from(self.integer()?).unwrap_or(usize::MAX)),
            };
            self.expect(b']')?;
        }
        let bytes = count.saturating_mul(kind.bytes());
        let align = align.unwrap_or(kind.bytes());
        if bytes > BYTES || !align.is_power_of_two() || align > 4096 {
            return Err(ParseError::new(line, format!("{name} of {bytes} bytes, aligned to {align}")));
        }
        Ok(Variable { space, name, align, bytes, initial: Vec::new() })
    }

    /// `{1, 2, 3}` or `1`, each number with as many bytes as make the variable full.
    fn initial(&mut self, bytes: usize) -> Result<Vec<u8>, ParseError> {
        let mut numbers = Vec::new();
        if self.take(b'{') {
            while !self.take(b'}') {
                numbers.push(self.constant()?);
                self.take(b',');
            }
        } else {
            numbers.push(self.constant()?);
        }
        // NVRTC writes arrays of constants byte by byte, or all numbers of the type's width.
        let width = if numbers.is_empty() { 1 } else { (bytes / numbers.len()).clamp(1, 8) };
        let mut initial: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()[..width].to_vec()).collect();
        initial.resize(bytes, 0);
        Ok(initial)
    }

    fn constant(&mut self) -> Result<u64, ParseError> {
        let negative = self.take(b'-');
        Ok(match self.next()? {
            Kind::Integer(value) if negative => value.wrapping_neg() as u64,
            Kind::Integer(value) => value as u64,
            Kind::F32(bits) => u64::from(bits),
            Kind::F64(bits) => bits,
            _ => {
                self.at -= 1;
                return Err(self.unexpected("a number"));
            }
        })
    }

    /// The register of a name that a scope declares.
    fn find(&self, name: &str) -> Option<u32> {
        let (stem, number) = name.split_at(name.trim_end_matches(|c: char| c.is_ascii_digit()).len());
        self.scopes.iter().rev().find_map(|scope| match scope.get(name) {
            Some(&(register, None)) => Some(register),
            _ => match (scope.get(stem), number.parse::<u32>()) {
                (Some(&(first, Some(count))), Ok(number)) if number < count => Some(first + number),
                _ => None,
            },
        })
    }

    fn register(&self, name: &str) -> Result<u32, ParseError> {
        self.find(name).ok_or_else(|| ParseError::new(self.line(), format!("{name}, which no .reg declares")))
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |t| t.line)
    }

    fn next(&mut self) -> Result<Kind, ParseError> {
        let token =
            self.tokens.get(self.at).ok_or_else(|| ParseError::new(self.line(), "the end of the text"))?;
        self.at += 1;
        Ok(token.kind.clone())
    }

    fn peek(&self, symbol: u8) -> bool {
        self.tokens.get(self.at).is_some_and(|t| t.kind == Kind::Symbol(symbol))
    }

    fn take(&mut self, symbol: u8) -> bool {
        let found = self.peek(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: u8) -> Result<(), ParseError> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{}`", char::from(symbol)))) }
    }

    fn word(&mut self) -> Result<String, ParseError> {
        match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Word(word), .. }) => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(self.unexpected("a word")),
        }
    }

    fn expect_word(&mut self, expected: &str) -> Result<(), ParseError> {
        if self.word()? == expected {
            return Ok(());
        }
        self.at -= 1;
        Err(self.unexpected(expected))
    }

    fn integer(&mut self) -> Result<i64, ParseError> {
        let negative = self.take(b'-');
        match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Integer(value), .. }) => {
                self.at += 1;
                Ok(if negative { value.wrapping_neg() } else { *value })
            }
            _ => Err(self.unexpected("an integer")),
        }
    }

    fn skip_line(&mut self, line: u32) {
        while self.tokens.get(self.at).is_some_and(|t| t.line == line) {
            self.at += 1;
        }
    }

    /// Over a section of debugging information, braces and all.
    fn skip_braces(&mut self) -> Result<(), ParseError> {
        while self.next()? != Kind::Symbol(b'}') {}
        Ok(())
    }

    fn unexpected(&self, expected: &str) -> ParseError {
        let found = match self.tokens.get(self.at).map(|t| &t.kind) {
            Some(Kind::Word(word)) => format!("`{word}`"),
            Some(Kind::Symbol(symbol)) => format!("`{}`", char::from(*symbol)),
            Some(_) => "a number or string".to_owned(),
            None => "the end of the text".to_owned(),
        };
        ParseError::new(self.line(), format!("{found} where {expected} should stand"))
    }
}
