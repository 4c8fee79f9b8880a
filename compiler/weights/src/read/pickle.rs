//! Pickles as data: a reader of Python's pickles that builds what they describe and runs nothing. Where a pickle would call
//! a function, the call stands in the result; whoever reads it knows the few that make a tensor.
//!
//! The instructions are those of CPython's `pickletools`, protocols 2 to 5, as far as state dicts use them.

use super::ReadError;
use std::io::Read;

/// The most objects of a pickle. A state dict has about ten for each tensor.
const MOST_OBJECTS: usize = 1 << 22;

/// The most bytes of a string or number.
const LONGEST: usize = 1 << 20;

/// The most bytes of a module's and a function's name.
const LONGEST_GLOBAL: usize = 1 << 10;

/// An object's place in [`Pickle::objects`].
pub(super) type Id = usize;

/// An object of a pickle.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than 8 bytes, little-endian.
    Long(Vec<u8>),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A function or class, by module and name.
    Global(String),
    /// What calling the first on the second would give.
    Call(Id, Id),
    /// What the host of the pickle keeps for it; in PyTorch's, a storage.
    Persistent(Id),
}

/// The objects of a pickle, and which of them it is.
#[derive(Debug)]
pub(super) struct Pickle {
    objects: Vec<Object>,
    root: Id,
}

impl Pickle {
    /// What the pickle is.
    pub(super) fn root(&self) -> Id {
        self.root
    }

    /// All objects, in the order of the pickle.
    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter()
    }

    /// An object.
    pub(super) fn get(&self, id: Id) -> &Object {
        self.objects.get(id).unwrap_or(&Object::None)
    }

    /// The text that an object is.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number that an object is, if it is not negative.
    pub(super) fn size(&self, id: Id) -> Option<usize> {
        match self.get(id) {
            Object::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The objects of a tuple or list.
    pub(super) fn items(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Object::Tuple(items) | Object::List(items) => Some(items),
            _ => None,
        }
    }
}

/// Reads one pickle, up to its last instruction and no further.
///
/// # Errors
/// Where it ends too early, has an instruction that state dicts do not need, or is larger than they are.
pub(super) fn read(input: &mut impl Read) -> Result<Pickle, ReadError> {
    let mut machine =
        Machine { input, objects: Vec::new(), stack: Vec::new(), marks: Vec::new(), memo: Vec::new() };
    loop {
        let [code] = machine.bytes::<1>()?;
        if code == b'.' {
            let root = machine.pop()?;
            return Ok(Pickle { objects: machine.objects, root });
        }
        machine.step(code)?;
    }
}

struct Machine<'r, R> {
    input: &'r mut R,
    objects: Vec<Object>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
}

fn damaged(what: &str) -> ReadError {
    ReadError::new(format!("its pickle is damaged: {what}"))
}

impl<R: Read> Machine<'_, R> {
    fn step(&mut self, code: u8) -> Result<(), ReadError> {
        match code {
            // Protocol and frames: how it is written, not what it says.
            0x80 => drop(self.bytes::<1>()?),
            0x95 => drop(self.bytes::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.above_mark()?),
            b'2' => {
                let top = self.pop()?;
                self.stack.extend([top, top]);
            }
            b'N' => self.push(Object::None)?,
            0x88 => self.push(Object::Bool(true))?,
            0x89 => self.push(Object::Bool(false))?,
            b'K' => {
                let n = u8::from_le_bytes(self.bytes()?);
                self.push(Object::Int(n.into()))?;
            }
            b'M' => {
                let n = u16::from_le_bytes(self.bytes()?);
                self.push(Object::Int(n.into()))?;
            }
            b'J' => {
                let n = i32::from_le_bytes(self.bytes()?);
                self.push(Object::Int(n.into()))?;
            }
            0x8a => {
                let length = u8::from_le_bytes(self.bytes()?).into();
                let bytes = self.run(length)?;
                self.push(long(bytes))?;
            }
            b'G' => {
                let x = f64::from_be_bytes(self.bytes()?);
                self.push(Object::Float(x))?;
            }
            b'X' => self.text::<4>()?,
            0x8c => self.text::<1>()?,
            0x8d => self.text::<8>()?,
            b'U' | b'C' => self.binary::<1>()?,
            b'T' | b'B' => self.binary::<4>()?,
            0x8e => self.binary::<8>()?,
            b')' => self.push(Object::Tuple(Vec::new()))?,
            b']' => self.push(Object::List(Vec::new()))?,
            b'}' => self.push(Object::Dict(Vec::new()))?,
            0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let start = self.stack.len().checked_sub(count).ok_or_else(|| damaged("an empty stack"))?;
                let items = self.stack.split_off(start);
                self.push(Object::Tuple(items))?;
            }
            b't' => {
                let items = self.above_mark()?;
                self.push(Object::Tuple(items))?;
            }
            b'l' => {
                let items = self.above_mark()?;
                self.push(Object::List(items))?;
            }
            b'd' => {
                let items = self.above_mark()?;
                self.push(Object::Dict(pairs(&items)?))?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])?;
            }
            b'e' => {
                let items = self.above_mark()?;
                self.append(&items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set_items(&[(key, value)])?;
            }
            b'u' => {
                let items = self.above_mark()?;
                self.set_items(&pairs(&items)?)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Object::Global(format!("{module}.{name}")))?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let global = match (self.objects.get(module), self.objects.get(name)) {
                    // Texts are remembered and can be named again in a few bytes: long ones would multiply.
                    (Some(Object::Text(module)), Some(Object::Text(name)))
                        if module.len() + name.len() <= LONGEST_GLOBAL =>
                    {
                        format!("{module}.{name}")
                    }
                    _ => return Err(damaged("a global without a name")),
                };
                self.push(Object::Global(global))?;
            }
            // REDUCE, and NEWOBJ, which makes an object of a class.
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let is_dict = matches!(self.objects.get(function), Some(Object::Global(name)) if name == "collections.OrderedDict");
                let is_empty =
                    matches!(self.objects.get(arguments), Some(Object::Tuple(items)) if items.is_empty());
                // Items are added to it later, as to a plain dictionary.
                let made = if is_dict && is_empty {
                    Object::Dict(Vec::new())
                } else {
                    Object::Call(function, arguments)
                };
                self.push(made)?;
            }
            // BUILD gives an object attributes. Those of a dictionary are PyTorch's versions of its modules; those of
            // anything else belong to an object that is refused when it is met.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.push(Object::Persistent(id))?;
            }
            b'q' => {
                let at = u8::from_le_bytes(self.bytes()?).into();
                self.remember(at)?;
            }
            b'r' => {
                let at = u32::from_le_bytes(self.bytes()?) as usize;
                self.remember(at)?;
            }
            0x94 => self.remember(self.memo.len())?,
            b'h' => {
                let at = u8::from_le_bytes(self.bytes()?).into();
                self.recall(at)?;
            }
            b'j' => {
                let at = u32::from_le_bytes(self.bytes()?) as usize;
                self.recall(at)?;
            }
            other => {
                return Err(ReadError::new(format!(
                    "its pickle has the instruction {other:#04x}, which state dicts do not need"
                ))
                .help("save the weights alone: `torch.save(model.state_dict(), PATH)`"));
            }
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// As many bytes, up to [`LONGEST`].
    fn run(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        if length > LONGEST {
            return Err(damaged(&format!("a string of {length} bytes")));
        }
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A length of this many bytes.
    fn length<const N: usize>(&mut self) -> Result<usize, ReadError> {
        let mut wide = [0; 8];
        let bytes = self.bytes::<N>()?;
        wide.iter_mut().zip(bytes).for_each(|(w, b)| *w = b);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| damaged("a string that is too long"))
    }

    fn text<const N: usize>(&mut self) -> Result<(), ReadError> {
        let length = self.length::<N>()?;
        let text = String::from_utf8(self.run(length)?).map_err(|_| damaged("a text that is not UTF-8"))?;
        self.push(Object::Text(text))
    }

    /// Bytes; Python 2 wrote texts so.
    fn binary<const N: usize>(&mut self) -> Result<(), ReadError> {
        let length = self.length::<N>()?;
        let object = match String::from_utf8(self.run(length)?) {
            Ok(text) => Object::Text(text),
            Err(error) => Object::Bytes(error.into_bytes()),
        };
        self.push(object)
    }

    fn line(&mut self) -> Result<String, ReadError> {
        let mut line = Vec::new();
        loop {
            match self.bytes::<1>()? {
                [b'\n'] => break,
                [byte] if line.len() < LONGEST => line.push(byte),
                _ => return Err(damaged("a line that is too long")),
            }
        }
        String::from_utf8(line).map_err(|_| damaged("a text that is not UTF-8"))
    }

    fn push(&mut self, object: Object) -> Result<(), ReadError> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(damaged("more objects than any network has"));
        }
        self.stack.push(self.objects.len());
        self.objects.push(object);
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, ReadError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(damaged("an empty stack"));
        }
        self.stack.pop().ok_or_else(|| damaged("an empty stack"))
    }

    fn above_mark(&mut self) -> Result<Vec<Id>, ReadError> {
        let mark = self.marks.pop().ok_or_else(|| damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn top(&mut self) -> Result<&mut Object, ReadError> {
        let top = self.stack.last().ok_or_else(|| damaged("an empty stack"))?;
        self.objects.get_mut(*top).ok_or_else(|| damaged("an empty stack"))
    }

    fn append(&mut self, more: &[Id]) -> Result<(), ReadError> {
        match self.top()? {
            Object::List(items) => items.extend(more),
            _ => return Err(damaged("an item of what is no list")),
        }
        Ok(())
    }

    fn set_items(&mut self, more: &[(Id, Id)]) -> Result<(), ReadError> {
        match self.top()? {
            Object::Dict(items) => items.extend(more),
            _ => return Err(damaged("an entry of what is no dictionary")),
        }
        Ok(())
    }

    fn remember(&mut self, at: usize) -> Result<(), ReadError> {
        let top = *self.stack.last().ok_or_else(|| damaged("an empty stack"))?;
        // Slots are numbered as they are used: one far ahead is a file's attempt to have memory taken.
        if at > self.memo.len() + 1024 {
            return Err(damaged("a memo far ahead"));
        }
        if at >= self.memo.len() {
            self.memo.resize(at + 1, None);
        }
        self.memo[at] = Some(top);
        Ok(())
    }

    fn recall(&mut self, at: usize) -> Result<(), ReadError> {
        let id = self.memo.get(at).copied().flatten().ok_or_else(|| damaged("an empty memo"))?;
        if self.stack.len() > MOST_OBJECTS {
            return Err(damaged("more objects than any network has"));
        }
        self.stack.push(id);
        Ok(())
    }
}

/// An integer of any length.
fn long(bytes: Vec<u8>) -> Object {
    if bytes.len() > 8 {
        return Object::Long(bytes);
    }
    let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xFF } else { 0 };
    let mut wide = [fill; 8];
    wide.iter_mut().zip(&bytes).for_each(|(w, &b)| *w = b);
    Object::Int(i64::from_le_bytes(wide))
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, ReadError> {
    let (pairs, rest) = items.as_chunks::<2>();
    match rest {
        [] => Ok(pairs.iter().map(|&[key, value]| (key, value)).collect()),
        _ => Err(damaged("a key without a value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        read(&mut &bytes[..]).expect_err("it is wrong").to_string()
    }

    #[test]
    fn what_a_pickle_describes() {
        // pickle.dumps({"a": (1, -2, 2.5), "b": [True, None]}, protocol=2)
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01J\xfe\xff\xff\xffG@\x04\x00\x00\x00\x00\x00\x00\x87q\x02X\x01\x00\x00\x00bq\x03]q\x04(\x88Neu.";
        let pickle = read(&mut &bytes[..]).expect("it is one");
        let Object::Dict(entries) = pickle.get(pickle.root()) else { panic!("a dictionary") };
        let keys: Vec<_> = entries.iter().map(|&(key, _)| pickle.text(key)).collect();
        assert_eq!(keys, [Some("a"), Some("b")]);
        let items = |i: usize| -> Vec<&Object> {
            pickle.items(entries[i].1).expect("items").iter().map(|&id| pickle.get(id)).collect()
        };
        assert_eq!(items(0), [&Object::Int(1), &Object::Int(-2), &Object::Float(2.5)]);
        assert_eq!(items(1), [&Object::Bool(true), &Object::None]);
    }

    #[test]
    fn calls_are_data() {
        // Python would run `os.system("x")`.
        let pickle = read(&mut &b"\x80\x02cos\nsystem\nX\x01\x00\x00\x00x\x85R."[..]).expect("it is one");
        let Object::Call(function, arguments) = pickle.get(pickle.root()) else { panic!("a call") };
        assert_eq!(pickle.get(*function), &Object::Global("os.system".into()));
        assert_eq!(pickle.items(*arguments).map(<[Id]>::len), Some(1));
    }

    #[test]
    fn an_ordered_dict_takes_items_and_attributes() {
        let bytes =
            b"\x80\x02ccollections\nOrderedDict\nq\x00)R(X\x01\x00\x00\x00aK\x01u}X\x01\x00\x00\x00m}sb.";
        let pickle = read(&mut &bytes[..]).expect("it is one");
        assert!(matches!(pickle.get(pickle.root()), Object::Dict(items) if items.len() == 1));
    }

    #[test]
    fn long_integers() {
        let magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.";
        let pickle = read(&mut &magic[..]).expect("it is one");
        assert_eq!(pickle.get(pickle.root()), &Object::Long(magic[4..14].to_vec()));
        assert_eq!(
            (long(vec![0xFE]), long(vec![]), long(vec![0xFF, 0])),
            (Object::Int(-2), Object::Int(0), Object::Int(255))
        );
    }

    #[test]
    fn damaged_ones_are_errors() {
        for (bytes, expected) in [
            (&b"\x80\x02}"[..], "ends too early"),
            (b"\x80\x02.", "an empty stack"),
            (b"\x80\x02(.", "an empty stack"),
            (b"\x80\x02t.", "a mark is missing"),
            (b"\x80\x02K\x01a.", "an empty stack"),
            (b"\x80\x02K\x01K\x02a.", "no list"),
            (b"\x80\x02K\x01K\x02K\x03s.", "no dictionary"),
            (b"\x80\x02(K\x01d.", "a key without a value"),
            (b"\x80\x02h\x07.", "an empty memo"),
            (b"\x80\x02Nr\xff\xff\xff\x7f.", "a memo far ahead"),
            (b"\x80\x02X\xff\xff\xff\xff", "a string of 4294967295 bytes"),
            (b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "a string of"),
            (b"\x80\x02X\x01\x00\x00\x00\xff.", "not UTF-8"),
            (b"\x80\x02I1\n.", "the instruction 0x49"),
            (b"\x80\x04NN\x93.", "a global without a name"),
        ] {
            assert!(message(bytes).contains(expected), "{bytes:?}: {}", message(bytes));
        }
    }
}
