//! What the load talks to: the real hub, or the sketch; both are child processes with a store on disk.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use truc_node::derive::views::{self, VIEWS};
use truc_proto::audience::Scope;
use truc_tests::peer::Machine;
use truc_tests::programs::Process;

use crate::Result;
use crate::args::Args;
use crate::client::Session;
use crate::floor::sketch::Sketch;
use crate::office::Office;
use crate::product::Product;

/// How many sessions are opened at a time where their opening is not measured.
const OPENING: usize = 16;

/// How long a hub may take to check and fold what was pushed.
const CATCHING_UP: Duration = Duration::from_secs(600);

/// How a hub is run.
#[derive(Debug)]
pub(crate) enum Make {
    Product(Product),
    Sketch(Sketch),
}

/// A running hub with enrolled offices.
#[derive(Debug)]
pub(crate) struct Hub {
    /// The program.
    pub(crate) process: Process,
    /// The session listener.
    pub(crate) address: SocketAddr,
    /// The province: above all others.
    pub(crate) province: Office,
    /// The communes.
    pub(crate) communes: Vec<Office>,
    make: Make,
    /// Removed with everything in it when the hub is dropped.
    folder: TempDir,
}

impl Hub {
    /// The real hub with a province and so many communes.
    pub(crate) async fn product(args: &Args, communes: usize) -> Result<Self> {
        let folder = store_folder(args)?;
        let (product, process, address, machines) = Product::set_up(args, folder.path(), communes).await?;
        Self::new(Make::Product(product), process, address, machines, folder)
    }

    /// The sketch with as many machines.
    pub(crate) fn sketch(args: &Args, communes: usize, fan_out: bool) -> Result<Self> {
        let folder = store_folder(args)?;
        let (sketch, machines) = Sketch::set_up(folder.path(), communes, fan_out)?;
        let (process, address) = sketch.start()?;
        Self::new(Make::Sketch(sketch), process, address, machines, folder)
    }

    fn new(
        make: Make,
        process: Process,
        address: SocketAddr,
        machines: Vec<Machine>,
        folder: TempDir,
    ) -> Result<Self> {
        let mut offices = machines
            .into_iter()
            .enumerate()
            .map(|(number, machine)| Office::new(machine, number, address))
            .collect::<Result<Vec<_>>>()?;
        let communes = offices.split_off(1);
        let province = offices.pop().ok_or("no province")?;
        Ok(Self { process, address, province, communes, make, folder })
    }

    /// Whether batches are packed for it.
    pub(crate) fn packs(&self) -> bool {
        matches!(self.make, Make::Product(_))
    }

    /// Its name in the table.
    pub(crate) fn is_sketch(&self) -> bool {
        !self.packs()
    }

    /// Its store.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its journal, looked into from outside and only read.
    pub(crate) fn journal(&self) -> Result<Connection> {
        let path: PathBuf = self.folder().join("journal.db");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(path, flags)?)
    }

    /// Fails if the hub refused an entry, or has not checked all by now: numbers of such work mean nothing.
    /// An entry is checked before it is folded, and a refusal is noted at once.
    pub(crate) fn refused_nothing(&self) -> Result<()> {
        if self.is_sketch() {
            return Ok(());
        }
        let journal = self.journal()?;
        let count = |query| journal.query_row(query, [], |row| row.get::<_, i64>(0));
        let (refused, end) =
            (count("SELECT count(*) FROM refused")?, count("SELECT max(position) FROM entry")?);
        let checked = views::read::folded_to(&views::reader(&self.folder().join(VIEWS))?)?;
        if refused > 0 || checked < end as u64 {
            return Err(format!("of {end} entries the hub checked {checked} and refused {refused}").into());
        }
        Ok(())
    }

    /// Waits until the hub has checked and folded everything that it has.
    pub(crate) async fn caught_up(&self) -> Result<()> {
        let until = Instant::now() + CATCHING_UP;
        while let Err(error) = self.refused_nothing() {
            if Instant::now() > until {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Whom a report of a commune is for.
    pub(crate) fn to_province(&self) -> Scope {
        Scope::office(self.province.id)
    }

    /// Everybody under the province, and itself.
    pub(crate) fn to_all(&self) -> Scope {
        Scope::subtree(self.province.id)
    }

    /// Opens a session for each of the first communes and lets it catch up.
    pub(crate) async fn open_all(&mut self, count: usize) -> Result<Vec<(Office, Session)>> {
        let mut open = Vec::with_capacity(count);
        let mut waiting = self.communes.drain(..count.min(self.communes.len())).collect::<Vec<_>>();
        while !waiting.is_empty() {
            let now: Vec<_> = waiting.drain(..waiting.len().min(OPENING)).map(opened).collect();
            for opening in now {
                open.push(opening.await??);
            }
        }
        Ok(open)
    }

    /// Ends the process and starts it again; says how long it took to listen.
    pub(crate) async fn restart(&mut self) -> Result<Duration> {
        self.stop();
        self.start().await
    }

    /// Kills the process and starts it again; says how long it took to listen.
    pub(crate) async fn restart_killed(&mut self) -> Result<Duration> {
        self.process.kill();
        self.start().await
    }

    async fn start(&mut self) -> Result<Duration> {
        let from = Instant::now();
        self.process = match &self.make {
            Make::Product(product) => product.serve(),
            Make::Sketch(sketch) => sketch.start()?.0,
        };
        listening(&mut self.process, self.address).await?;
        Ok(from.elapsed())
    }

    /// Starts the process again, with its console; none where there is no console.
    pub(crate) async fn start_console(&mut self) -> Result<Option<SocketAddr>> {
        let Make::Product(product) = &self.make else { return Ok(None) };
        let Some((process, console)) = product.serve_console()? else { return Ok(None) };
        self.process = process;
        listening(&mut self.process, self.address).await?;
        listening(&mut self.process, console).await?;
        Ok(Some(console))
    }

    /// Ends the process; what stays is the store.
    pub(crate) fn stop(&mut self) {
        self.process.terminate();
    }

    /// How it is run.
    pub(crate) fn made(&self) -> &Make {
        &self.make
    }
}

fn opened(mut office: Office) -> tokio::task::JoinHandle<Result<(Office, Session)>> {
    tokio::spawn(async move {
        let session = Session::open_caught_up(&mut office).await?;
        Ok((office, session))
    })
}

/// Waits until a connection is accepted.
pub(crate) async fn listening(process: &mut Process, address: SocketAddr) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    while tokio::net::TcpStream::connect(address).await.is_err() {
        if let Some(status) = process.ended() {
            return Err(format!("the hub ended with {status} instead of listening").into());
        }
        if Instant::now() > until {
            return Err("the hub does not listen".into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// A folder of its own on the disk under test.
pub(crate) fn store_folder(args: &Args) -> Result<TempDir> {
    let within = args.dir.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    std::fs::create_dir_all(&within)?;
    Ok(tempfile::Builder::new().prefix("spine-").tempdir_in(within)?)
}
