-- Copyright (c) apsara.live contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- A filter for pandoc: what of a guide in Markdown must look different in the documentation site?
-- Headings get labels, links into the repository become references, tables and code blocks become directives.

local LABEL = "ansible_collections.apsara.live."
local REPOSITORY = "https://github.com/apsara-live/apsara.live/blob/main/"
local page

local function raw(text)
  return pandoc.RawBlock("rst", text .. "\n\n")
end

local function indent(text, width)
  local blanks = string.rep(" ", width)
  return (blanks .. text:gsub("\n", "\n" .. blanks)):gsub("[ ]+\n", "\n"):gsub("[ ]+$", "")
end

local function docs_label(name, anchor)
  return LABEL .. "docsite." .. name .. (anchor ~= "" and ("." .. anchor) or "")
end

-- The label that the site has for a file of the repository, or nil.
local function label_of(target)
  local path, anchor = target:match("^([^#]*)#?(.*)$")
  if path == "" then return docs_label(page, anchor) end
  local name = path:match("^([%w_]+)%.md$")
  if name then return docs_label(name, anchor) end
  local role = path:match("^%.%./roles/([%w_]+)/README%.md$")
  if role then return LABEL .. role .. "_role" end
  local kind, plugin = path:match("^%.%./plugins/(%w+)/([%w_]+)%.py$")
  local kinds = { modules = "module", inventory = "inventory", callback = "callback" }
  return kinds[kind] and (LABEL .. plugin .. "_" .. kinds[kind])
end

local function link(element)
  if element.target:match("^https?://") then return nil end
  local label = label_of(element.target)
  if label then
    return pandoc.RawInline("rst", ":ref:`" .. pandoc.utils.stringify(element) .. " <" .. label .. ">`")
  end
  element.target = REPOSITORY .. element.target:gsub("^%.%./", "")
  return element
end

local function image(element)
  element.src = REPOSITORY:gsub("blob", "raw") .. "docs/" .. element.src
  return element
end

local function code(block)
  return raw(".. code-block:: " .. (block.classes[1] or "text") .. "\n\n" .. indent(block.text, 3))
end

local function cell_text(cell)
  return (pandoc.write(pandoc.Pandoc(cell.contents), "rst", { wrap_text = "none" }):gsub("%s+$", ""))
end

local function list_table(element)
  local lines = { ".. list-table::", "   :header-rows: 1", "   :width: 100%", "" }
  local rows = pandoc.List(element.head.rows)
  for _, body in ipairs(element.bodies) do rows:extend(body.body) end
  for _, row in ipairs(rows) do
    for number, cell in ipairs(row.cells) do
      local mark = number == 1 and "   * - " or "     - "
      lines[#lines + 1] = (mark .. indent(cell_text(cell), 7):gsub("^%s+", "")):gsub("%s+$", "")
    end
  end
  return raw(table.concat(lines, "\n"))
end

local function header(element)
  if element.level == 1 then return { raw(".. _" .. docs_label(page, "") .. ":"), element } end
  return { raw(".. _" .. docs_label(page, element.identifier) .. ":"), element }
end

local function drop_html(element)
  return element.format:match("html") and {} or nil
end

return {
  { Meta = function(meta) page = pandoc.utils.stringify(meta.page) end },
  { Link = link, Image = image, RawBlock = drop_html, RawInline = drop_html },
  { CodeBlock = code, Table = list_table, Header = header },
}
