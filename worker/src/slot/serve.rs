//! The slot's side: photo after photo from stdin, what the stages tell to stdout, until the parent has nothing more.

use std::{
    any::Any,
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    panic::{self, AssertUnwindSafe},
    process::{self, ExitCode},
};

use photo_core::pipeline::PipelineSpec;
use photo_stages::{EndedStage, Marks, StageUpdate, UnusableImage};

use super::{
    confine::confine,
    frame::{self, FrameError},
    message::{Order, Report},
};

/// Serves as a slot until stdin ends: the whole of a program's subcommand that [`SlotCommand`](super::SlotCommand)
/// names. It must be called on a thread of a process that has no other, before anything is opened.
///
/// Fails where the parent says what is not understood, an image can't be read, or the process can't be confined; the reason
/// is on stderr.
pub fn serve() -> ExitCode {
    panic::set_hook(Box::new(|panicked| {
        // One line: the parent logs by lines.
        let text = panicked.to_string().replace('\n', " ");
        drop(writeln!(io::stderr(), "{text}"));
    }));
    match converse() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "a slot ends: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Why a slot ends before its parent wants.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("this process can't be confined: {0}")]
    Confine(#[from] io::Error),
    #[error("{0}")]
    Mark(#[from] UnusableImage),
    #[error("the first order must be to confine, then come its images, and then runs alone")]
    OutOfOrder,
}

fn converse() -> Result<(), ServeError> {
    let mut orders = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut reports = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    // What a library prints goes to the log and not between two frames.
    rustix::stdio::dup2_stdout(io::stderr()).map_err(io::Error::from)?;
    let marks = match frame::read(&mut orders)? {
        Some((Order::Confine { address_space, marks }, _)) => {
            confine(address_space)?;
            read_marks(marks, &mut orders)?
        }
        Some((Order::Mark { .. } | Order::Run { .. }, _)) => return Err(ServeError::OutOfOrder),
        None => return Ok(()),
    };
    frame::write(&mut reports, &Report::Ready, &[])?;
    while let Some((order, original)) = frame::read(&mut orders)? {
        let Order::Run { spec, ended } = order else { return Err(ServeError::OutOfOrder) };
        let end = run(&spec, &marks, &ended, &original, &mut reports);
        drop(original);
        frame::write(&mut reports, &end, &[])?;
    }
    Ok(())
}

/// The images that the next so many orders bring.
fn read_marks(count: usize, orders: &mut File) -> Result<Marks, ServeError> {
    let mut marks = Marks::default();
    for _ in 0..count {
        let Some((Order::Mark { image }, file)) = frame::read(orders)? else { return Err(ServeError::OutOfOrder) };
        marks.read(image, &file)?;
    }
    Ok(marks)
}

/// Runs the stages of one photo and returns what is told last.
fn run(spec: &PipelineSpec, marks: &Marks, ended: &[EndedStage], original: &[u8], reports: &mut File) -> Report {
    // Nothing of what the closure changes is looked at after a panic.
    let run = AssertUnwindSafe(|| {
        photo_stages::run(spec, marks, ended, original, &mut |update| {
            if let Err(error) = tell(reports, update) {
                // Nobody listens any more: not one more pixel is worked on.
                drop(writeln!(io::stderr(), "a slot ends: {error}"));
                process::exit(1);
            }
        })
    });
    match panic::catch_unwind(run) {
        // How it ended was told stage by stage.
        Ok(Ok(()) | Err(_)) => Report::Ended,
        Err(payload) => Report::Panicked { detail: said(&*payload).to_owned() },
    }
}

fn tell(reports: &mut File, mut update: StageUpdate) -> Result<(), FrameError> {
    let body = match &mut update {
        StageUpdate::Made { output, .. } => std::mem::take(&mut output.bytes),
        StageUpdate::Started { .. }
        | StageUpdate::Measured { .. }
        | StageUpdate::Described { .. }
        | StageUpdate::Completed { .. }
        | StageUpdate::Failed { .. }
        | StageUpdate::Skipped { .. } => Vec::new(),
    };
    frame::write(reports, &Report::Stage(update), &body)
}

fn said(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a text")
}
