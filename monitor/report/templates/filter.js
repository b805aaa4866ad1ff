(() => {
  const box = document.getElementById("filter");
  const words = document.getElementById("filter-words");
  const state = document.getElementById("filter-state");
  const found = document.getElementById("filter-found");
  const rows = [...document.querySelectorAll("#events tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  const apply = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      const fits = (!state.value || row.dataset.state === state.value) && asked.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    found.textContent = `${shown} of ${rows.length}`;
  };
  box.hidden = false;
  words.addEventListener("input", apply);
  state.addEventListener("change", apply);
  apply();
})();
