"use strict";

// The API's page in the theme that the person chose on the staff's pages, else the system's.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return JSON.parse(localStorage.getItem("adminTheme") || '"auto"');
    } catch {
      return "auto";
    }
  };
  const dress = () => {
    const theme = chosen();
    const dark = theme === "dark" || (theme !== "light" && system.matches);
    document.documentElement.classList.toggle("dark-mode", dark);
  };
  dress();
  system.addEventListener("change", dress);
  window.addEventListener("storage", dress);
})();
